/**
 * The messages of an Arrow IPC stream that lies in a file: schema, then dictionaries and record batches, then an end.
 * Once their places are known, they are read in any order, like those of the random-access format.
 */
import type { FileBytes } from './arrowFile.ts';
import { invalidFile, place } from './errors.ts';
import { decode, fieldsOf, LARGEST_MESSAGE, readFileMetadata, requireVersion } from './metadata.ts';
import type { ArrowField, ArrowMetadata, Block, Decoders, DictionaryBlock } from './metadata.ts';
import { messageRule } from './tables.ts';

const CONTINUATION = -1;
const LEAST_MESSAGE = 8;

/** Schema and blocks of a file of either format, without touching the values. Errors: FILE_INVALID. */
export function readMetadata(file: FileBytes, decoders: Decoders): ArrowMetadata {
  if (file.size < 8) return readFileMetadata(file, decoders);
  const start = new DataView(file.bytes(0, 4).buffer).getInt32(0, true);
  if (start === CONTINUATION) return readStreamMetadata(file, decoders, 8);
  const isLength = start >= LEAST_MESSAGE && start <= LARGEST_MESSAGE && start % 8 === 4 && start + 4 < file.size;
  return isLength ? readStreamMetadata(file, decoders, 4) : readFileMetadata(file, decoders);
}

/** `prefix`: bytes before a message, 8 for continuation mark and length; before Arrow 0.15 (2019) the length stood alone, in 4. */
function readStreamMetadata(file: FileBytes, { Message }: Decoders, prefix: 4 | 8): ArrowMetadata {
  const blocks: Block[] = [];
  const dictionaryBlocks: DictionaryBlock[] = [];
  let fields: readonly ArrowField[] | undefined;
  let version = 0;
  let footerBytes: Uint8Array = new Uint8Array(0);
  let offset = 0;
  for (let number = 0; ; number++) {
    const where = place(file.name, `message ${number}`);
    const length = messageLength(file, offset, where, prefix);
    if (length === 0) break;
    const start = offset + prefix;
    const bytes = file.bytes(start, length);
    const message = decode(where, bytes, start, messageRule, () => {
      const decoded = Message.decode(bytes);
      requireVersion(Number(decoded.version), where);
      const schema = decoded.isSchema() ? fieldsOf(decoded.header().fields) : undefined;
      return { decoded, schema };
    });
    const { bodyLength } = message.decoded;
    const end = start + length + bodyLength;
    if (bodyLength < 0 || bodyLength % 8 !== 0 || end > file.size) {
      throw invalidFile({
        place: place(where, `byte ${start}`),
        expected: `a body of a multiple of 8 bytes, before byte ${file.size}`,
        received: `${bodyLength} bytes`,
      });
    }
    const block = { offset, metadataBytes: prefix + length, bodyBytes: bodyLength };
    if ((fields === undefined) !== (message.schema !== undefined)) {
      const expected = fields === undefined ? 'the schema as the first message' : 'one schema';
      throw invalidFile({ place: where, expected, received: `header ${message.decoded.headerType}` });
    }
    if (message.schema !== undefined) {
      fields = message.schema;
      version = Number(message.decoded.version);
      footerBytes = bytes;
    } else if (message.decoded.isRecordBatch()) {
      blocks.push(block);
    } else {
      dictionaryBlocks.push({ ...block, before: blocks.length });
    }
    offset = end;
  }
  if (fields === undefined) {
    throw invalidFile({ place: file.name, expected: 'a schema', received: 'the end of the stream' });
  }
  return { fields, blocks, dictionaryBlocks, isStream: true, version, footerBytes };
}

/** Length of the message at `offset`; 0 at the end, which must be marked: a stream cut between messages is noticed so. */
function messageLength(file: FileBytes, offset: number, where: string, prefix: 4 | 8): number {
  const { size } = file;
  const at = place(where, `byte ${offset}`);
  if (offset + prefix > size) {
    throw invalidFile({
      place: at,
      expected: 'a message, or the mark of the end of the stream',
      received: `${size - offset} more bytes`,
      advice: 'The stream is cut short or still being written: close its writer, and write it again.',
    });
  }
  const view = new DataView(file.bytes(offset, prefix).buffer);
  const marker = prefix === 8 ? view.getInt32(0, true) : CONTINUATION;
  const length = view.getInt32(prefix - 4, true);
  const longest = Math.min(LARGEST_MESSAGE, size - offset - prefix);
  const isAligned = (prefix + length) % 8 === 0;
  if (marker !== CONTINUATION || (length !== 0 && (length < LEAST_MESSAGE || length > longest || !isAligned))) {
    const bounds = `a message length up to ${longest} that ends at a multiple of 8`;
    throw invalidFile({
      place: at,
      expected: prefix === 8 ? `ffffffff and ${bounds}` : bounds,
      received: prefix === 8 ? `${(marker >>> 0).toString(16)} and ${length}` : String(length),
    });
  }
  if (length === 0 && offset + prefix !== size) {
    throw invalidFile({
      place: place(where, `byte ${offset + prefix}`),
      expected: 'the end of the file, as the stream ends here',
      received: `${size - offset - prefix} more bytes`,
    });
  }
  return length;
}
