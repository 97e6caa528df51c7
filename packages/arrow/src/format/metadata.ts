/** Decoding of Arrow's metadata by apache-arrow, each piece after its bounds check. */
import type { DataType } from 'apache-arrow';
import type { Message, RecordBatch as RecordBatchHeader } from 'apache-arrow/ipc/metadata/message';
import { readFooterBytes } from './container.ts';
import type { FileBytes, FileRange } from './arrowFile.ts';
import { invalidFile, place, unsupportedFile } from './errors.ts';
import { FlatbufferError, verifyFlatbuffer } from './flatbuffer.ts';
import type { TableRule } from './flatbuffer.ts';
import { footerRule, messageRule } from './tables.ts';

/** The decoders that are used; loading them takes tens of milliseconds, so it waits until a file is opened. */
export interface Decoders {
  readonly Footer: (typeof import('apache-arrow/ipc/metadata/file'))['Footer'];
  readonly Message: (typeof import('apache-arrow/ipc/metadata/message'))['Message'];
}

/** Where a record batch lies in the file. */
export interface Block {
  readonly offset: number;
  readonly metadataBytes: number;
  readonly bodyBytes: number;
}

/** A column of the schema; the name is empty where the file gives none. */
export interface ArrowField {
  readonly name: string;
  readonly type: DataType;
  /** The type as apache-arrow prints it, e.g. `FixedSizeList[784]<Uint8>`. */
  readonly typeName: string;
  readonly nullable: boolean;
}

/** A dictionary batch, and how many record batches come before it. */
export interface DictionaryBlock extends Block {
  readonly before: number;
}

export interface ArrowMetadata {
  readonly fields: readonly ArrowField[];
  readonly blocks: readonly Block[];
  /** In the order in which they count. In the file format all come before all record batches. */
  readonly dictionaryBlocks: readonly DictionaryBlock[];
  /** Whether a later dictionary may replace an earlier one: in streams alone. */
  readonly isStream: boolean;
  /** Version of the metadata: 3 stands for V4, 4 for V5. */
  readonly version: number;
  /** The footer, or the schema message of a stream: names the schema in fingerprints. */
  readonly footerBytes: Uint8Array;
}

/** Most bytes of a message's metadata. */
export const LARGEST_MESSAGE: number = 16 * 2 ** 20;
const V4 = 3;
const V5 = 4;

let loaded: Promise<Decoders> | undefined;

export function loadDecoders(): Promise<Decoders> {
  loaded ??= Promise.all([import('apache-arrow/ipc/metadata/file'), import('apache-arrow/ipc/metadata/message')]).then(
    ([{ Footer }, { Message }]) => ({ Footer, Message }),
  );
  return loaded;
}

/** Schema and blocks of a file in the random-access format, without touching its record batches. */
export function readFileMetadata(file: FileBytes, { Footer }: Decoders): ArrowMetadata {
  const { bytes, offset } = readFooterBytes(file);
  const footer = decode(place(file.name, 'footer'), bytes, offset, footerRule, () => {
    const decoded = Footer.decode(bytes);
    const toBlock = (block: { offset: number; metaDataLength: number; bodyLength: number }): Block => ({
      offset: block.offset,
      metadataBytes: block.metaDataLength,
      bodyBytes: block.bodyLength,
    });
    const blocks = Array.from(decoded.recordBatches(), toBlock);
    const dictionaryBlocks = Array.from(decoded.dictionaryBatches(), (block) => ({ ...toBlock(block), before: 0 }));
    // Writers of 2019 left the version out, which reads as 0; their messages have it, and it is checked there.
    const version = Number(decoded.version) || V4;
    return { fields: fieldsOf(decoded.schema.fields), blocks, dictionaryBlocks, version, isStream: false };
  });
  requireVersion(footer.version, place(file.name, 'footer'));
  requireBlocks(file.name, 'record batch', footer.blocks, offset);
  requireBlocks(file.name, 'dictionary batch', footer.dictionaryBlocks, offset);
  return { ...footer, footerBytes: bytes };
}

export function fieldsOf(fields: readonly { name: unknown; type: unknown; nullable: boolean }[]): ArrowField[] {
  return fields.map(({ name, type, nullable }) => ({
    name: (name as string | null) ?? '',
    type: type as DataType,
    // Printing a type visits its children, so that a list without one is found here rather than later.
    typeName: (type as { toString(): string }).toString(),
    nullable,
  }));
}

/** Where the headers of blocks lie. */
export function metadataOf(blocks: readonly Block[]): FileRange[] {
  return blocks.map(({ offset, metadataBytes }) => ({ offset, bytes: metadataBytes }));
}

/** The header of a record batch: rows, nodes and buffers; the body is not read. */
export function readBatchHeader(
  file: FileBytes,
  decoders: Decoders,
  block: Block,
  batchPlace: string,
): RecordBatchHeader {
  return readMessage(file, decoders, block, batchPlace, (message) => {
    if (message.isRecordBatch()) return message.header();
    throw invalidFile({ place: batchPlace, expected: 'a record batch', received: `header ${message.headerType}` });
  });
}

/** Decodes the message of a block, after its checks, and hands it to `take`, whose errors become FILE_INVALID. */
export function readMessage<T>(
  file: FileBytes,
  { Message }: Decoders,
  block: Block,
  where: string,
  take: (message: Message) => T,
): T {
  const bytes = file.bytes(block.offset, block.metadataBytes);
  const view = new DataView(bytes.buffer);
  // Before Arrow 0.15 the length stood alone; since then a continuation marker of -1 precedes it.
  const prefix = view.getInt32(0, true) === -1 ? 8 : 4;
  const length = view.getInt32(prefix - 4, true);
  if (length < 8 || length > block.metadataBytes - prefix) {
    throw invalidFile({
      place: place(where, `byte ${block.offset + prefix - 4}`),
      expected: `a message length from 8 to ${block.metadataBytes - prefix}`,
      received: String(length),
    });
  }
  const message = bytes.subarray(prefix, prefix + length);
  return decode(where, message, block.offset + prefix, messageRule, () => {
    const decoded = Message.decode(message);
    requireVersion(Number(decoded.version), where);
    if (decoded.bodyLength !== block.bodyBytes) {
      throw invalidFile({
        place: where,
        expected: `a body of ${block.bodyBytes} bytes, as the footer says`,
        received: `${decoded.bodyLength} in the record batch's own header`,
      });
    }
    return take(decoded);
  });
}

/** Checks bounds, decodes, and turns whatever apache-arrow throws into FILE_INVALID with its cause. */
export function decode<T>(where: string, bytes: Uint8Array, start: number, rule: TableRule, run: () => T): T {
  try {
    verifyFlatbuffer(bytes, rule);
    return run();
  } catch (error) {
    if (error instanceof FlatbufferError) {
      const { expected, received, advice } = error;
      const finding = { place: place(where, `byte ${start + error.offset}`), expected, received };
      throw advice === undefined ? invalidFile(finding) : unsupportedFile({ ...finding, advice });
    }
    if (error instanceof Error && error.name === 'LockstepError') throw error;
    const unknownType = /^Error: Unrecognized type: "(\w+)"/.exec(String(error));
    if (unknownType !== null) {
      throw unsupportedFile({
        place: where,
        expected: 'a schema of types that apache-arrow (JavaScript) knows',
        received: `a column of type ${unknownType[1]}`,
        advice: 'Leave such columns out when writing the file, or write them as another type.',
        cause: error,
      });
    }
    throw invalidFile({
      place: place(where, `byte ${start}`),
      expected: 'metadata that apache-arrow can decode',
      received: String(error),
      cause: error,
    });
  }
}

export function requireVersion(version: number, where: string): void {
  if (version === V4 || version === V5) return;
  throw invalidFile({
    place: where,
    expected: 'Arrow metadata of version V4 or V5',
    received: `version number ${version}`,
    advice: 'Write the file again with a current Arrow library.',
  });
}

/** Every block lies between the opening magic and the footer, aligned, and no two share a byte. */
function requireBlocks(name: string, what: string, blocks: readonly Block[], end: number): void {
  blocks.forEach(({ offset, metadataBytes, bodyBytes }, index) => {
    const aligned = offset % 8 === 0 && metadataBytes % 8 === 0 && bodyBytes % 8 === 0;
    const sized = metadataBytes >= 16 && metadataBytes <= LARGEST_MESSAGE && bodyBytes >= 0;
    if (!aligned || !sized || offset < 8 || offset + metadataBytes + bodyBytes > end) {
      throw invalidFile({
        place: place(name, `${what} ${index}`),
        expected: `a block aligned to 8 bytes between bytes 8 and ${end}, its metadata from 16 to ${LARGEST_MESSAGE} bytes`,
        received: `offset ${offset}, ${metadataBytes} bytes of metadata and a body of ${bodyBytes}`,
      });
    }
  });
  const order = blocks.map((_, index) => index).toSorted((a, b) => blocks[a].offset - blocks[b].offset);
  for (let i = 1; i < order.length; i++) {
    const before = blocks[order[i - 1]];
    const first = before.offset + before.metadataBytes + before.bodyBytes;
    if (blocks[order[i]].offset < first) {
      throw invalidFile({
        place: place(name, `${what} ${order[i]}`),
        expected: `an offset of at least ${first}, where ${what} ${order[i - 1]} ends`,
        received: String(blocks[order[i]].offset),
      });
    }
  }
}
