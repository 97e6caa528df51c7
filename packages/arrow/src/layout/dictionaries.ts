/** The texts of dictionaries, from the dictionary batches of a file. */
import { LockstepError } from '@lockstep/core/source';
import type { DataType } from 'apache-arrow';
import type { RecordBatch as RecordBatchHeader } from 'apache-arrow/ipc/metadata/message';
import { readCompressed, requireCodec } from '../format/compression.ts';
import type { FileBytes } from '../format/arrowFile.ts';
import { invalidFile, place } from '../format/errors.ts';
import { metadataOf, readMessage } from '../format/metadata.ts';
import type { ArrowMetadata, Block, Decoders } from '../format/metadata.ts';
import { checkBatch, codecOf } from './batch.ts';
import type { SelectedColumn } from './columns.ts';

const LARGE_UTF8 = 20;
/** Texts are kept in memory, all of them. */
const LARGEST_TEXTS = 2 ** 28;

/** A dictionary as it is from one record batch of its file on. */
export interface DictionaryVersion {
  readonly id: number;
  readonly before: number;
  readonly texts: readonly string[];
}

/**
 * All dictionaries of the columns, in the order in which they count: each stands for itself alone from record batch `before`
 * on. Errors: FILE_INVALID, COLUMN_HAS_NULLS, UNSUPPORTED.
 */
export function readDictionaries(
  file: FileBytes,
  metadata: ArrowMetadata,
  decoders: Decoders,
  columns: readonly SelectedColumn[],
): DictionaryVersion[] {
  const types = new Map<number, DataType>();
  for (const { name, dictionary } of columns) {
    if (dictionary === undefined) continue;
    const { type } = metadata.fields.find((field) => field.name === name)!;
    types.set(dictionary, (type as unknown as { dictionary: DataType }).dictionary);
  }
  const versions: DictionaryVersion[] = [];
  if (types.size === 0) return versions;
  file.prefetch(metadataOf(metadata.dictionaryBlocks));
  const batches = metadata.dictionaryBlocks.map((block, number) => {
    const where = place(file.name, `dictionary batch ${number}`);
    const header = readMessage(file, decoders, block, where, (message) => {
      if (!message.isDictionaryBatch()) {
        throw invalidFile({ place: where, expected: 'a dictionary batch', received: `header ${message.headerType}` });
      }
      const batch = message.header();
      return { id: Number(batch.id), isDelta: batch.isDelta, data: batch.data };
    });
    return { ...header, block, where };
  });
  const used = batches.filter(({ id }) => types.has(id));
  file.prefetch(
    used.map(({ block: { offset, metadataBytes, bodyBytes } }) => {
      return { offset: offset + metadataBytes, bytes: bodyBytes };
    }),
  );
  for (const { id, isDelta, data, block, where } of used) {
    const type = types.get(id)!;
    const known = versions.findLast((version) => version.id === id);
    if (known !== undefined && !isDelta && !metadata.isStream) {
      throw invalidFile({ place: where, expected: 'every dictionary once', received: `dictionary ${id} again` });
    }
    const texts = readTexts(where, file, data, block, metadata.version, type);
    const before = isDelta ? (known?.texts ?? []) : [];
    versions.push({ id, before: block.before, texts: [...before, ...texts] });
  }
  return versions;
}

function readTexts(
  where: string,
  file: FileBytes,
  header: RecordBatchHeader,
  block: Block,
  version: number,
  type: DataType,
): string[] {
  checkBatch(where, [{ name: 'texts', type, typeName: 'texts', nullable: false }], header, block, version);
  const codec = codecOf(where, header);
  if (codec !== undefined) requireCodec(where, codec);
  if (header.nodes[0].nullCount !== 0) {
    throw new LockstepError('COLUMN_HAS_NULLS', {
      place: where,
      expected: 'a text for every index',
      received: `${header.nodes[0].nullCount} nulls`,
      advice: 'Make the rows null when writing the file, not the texts of the dictionary.',
    });
  }
  const body = block.offset + block.metadataBytes;
  const read = (index: number, needed: number): Uint8Array => {
    const { offset, length } = header.buffers[index];
    const extent = { offset: body + offset, bytes: length };
    if (codec !== undefined) return readCompressed(where, file, extent, codec, needed);
    if (needed <= length) return file.bytes(extent.offset, needed);
    const at = place(where, `byte ${extent.offset}`);
    throw invalidFile({ place: at, expected: `a buffer of at least ${needed} bytes`, received: String(length) });
  };
  const offsets = offsetsOf(where, read, header.length, Number(type.typeId) === LARGE_UTF8 ? 8 : 4);
  const total = offsets.at(-1) ?? 0;
  if (total > LARGEST_TEXTS) {
    throw invalidFile({ place: where, expected: `at most ${LARGEST_TEXTS} bytes of texts`, received: String(total) });
  }
  const bytes = read(2, total);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return Array.from({ length: header.length }, (_, i) => {
    try {
      return decoder.decode(bytes.subarray(offsets[i], offsets[i + 1]));
    } catch (cause) {
      throw invalidFile({ place: place(where, `text ${i}`), expected: 'UTF-8', received: 'other bytes', cause });
    }
  });
}

/** Where the texts begin, and the last one ends; checked, so that all lie one after another. */
function offsetsOf(
  where: string,
  read: (index: number, needed: number) => Uint8Array,
  texts: number,
  bytes: 4 | 8,
): number[] {
  if (texts === 0) return [];
  const stored = read(1, (texts + 1) * bytes);
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const offsets: number[] = [];
  for (let i = 0; i <= texts; i++) {
    const offset = bytes === 4 ? view.getInt32(4 * i, true) : Number(view.getBigInt64(8 * i, true));
    const least = i === 0 ? 0 : offsets[i - 1];
    if (offset < least) {
      const expected = `an offset of at least ${least}`;
      throw invalidFile({ place: place(where, `text ${i}`), expected, received: String(offset) });
    }
    offsets.push(offset);
  }
  return offsets;
}
