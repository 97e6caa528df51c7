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
  if (file.size < 8 || new DataView(file.bytes(0, 4).buffer).getInt32(0, true) !== CONTINUATION) {
    return readFileMetadata(file, decoders);
  }
  return readStreamMetadata(file, decoders);
}

function readStreamMetadata(file: FileBytes, { Message }: Decoders): ArrowMetadata {
  const blocks: Block[] = [];
  const dictionaryBlocks: DictionaryBlock[] = [];
  let fields: readonly ArrowField[] | undefined;
  let version = 0;
  let footerBytes: Uint8Array = new Uint8Array(0);
  let offset = 0;
  for (let number = 0; ; number++) {
    const where = place(file.name, `message ${number}`);
    const length = messageLength(file, offset, where);
    if (length === 0) break;
    const start = offset + 8;
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
    const block = { offset, metadataBytes: 8 + length, bodyBytes: bodyLength };
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
function messageLength(file: FileBytes, offset: number, where: string): number {
  const { size } = file;
  const at = place(where, `byte ${offset}`);
  if (offset + 8 > size) {
    throw invalidFile({
      place: at,
      expected: 'a message, or the mark of the end of the stream',
      received: `${size - offset} more bytes`,
      advice: 'The stream is cut short or still being written: close its writer, and write it again.',
    });
  }
  const view = new DataView(file.bytes(offset, 8).buffer);
  const marker = view.getInt32(0, true);
  const length = view.getInt32(4, true);
  const longest = Math.min(LARGEST_MESSAGE, size - offset - 8);
  if (marker !== CONTINUATION || (length !== 0 && (length < LEAST_MESSAGE || length > longest || length % 8 !== 0))) {
    throw invalidFile({
      place: at,
      expected: `ffffffff and a message length that is a multiple of 8 up to ${longest}`,
      received: `${(marker >>> 0).toString(16)} and ${length}`,
    });
  }
  if (length === 0 && offset + 8 !== size) {
    throw invalidFile({
      place: place(where, `byte ${offset + 8}`),
      expected: 'the end of the file, as the stream ends here',
      received: `${size - offset - 8} more bytes`,
    });
  }
  return length;
}
