/** The values of dictionaries, from the dictionary batches of a file. */
import { LockstepError } from '@lockstep/core/source';
import type { DataType } from 'apache-arrow';
import type { RecordBatch as RecordBatchHeader } from 'apache-arrow/ipc/metadata/message';
import { readCompressed, requireCodec } from '../format/compression.ts';
import type { FileBytes } from '../format/arrowFile.ts';
import { invalidFile, place, unsupportedFile } from '../format/errors.ts';
import { metadataOf, readMessage } from '../format/metadata.ts';
import type { ArrowMetadata, Block, Decoders } from '../format/metadata.ts';
import { checkBatch, codecOf } from './batch.ts';
import type { SelectedColumn } from './columns.ts';
import { textsOf, textsOfViews } from './dictionaryTexts.ts';
import type { ReadBuffer } from './dictionaryTexts.ts';
import type { Category } from './request.ts';
import { bytesOf } from './storedBytes.ts';
import type { StoredKind } from './types.ts';

/** A dictionary as it is from one record batch of its file on. */
export interface DictionaryVersion {
  readonly id: number;
  readonly before: number;
  /** Texts, or numbers. */
  readonly values: readonly Category[];
}

/** Of all versions of all dictionaries: a stream that adds to one between its record batches has a version for each. */
const MOST_VALUES = 2 ** 26;

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
  const types = new Map<number, { readonly type: DataType; readonly kind: StoredKind }>();
  for (const { name, dictionary, valueKind } of columns) {
    if (dictionary === undefined) continue;
    const { type } = metadata.fields.find((field) => field.name === name)!;
    types.set(dictionary, { type: (type as unknown as { dictionary: DataType }).dictionary, kind: valueKind });
  }
  const versions: OpenVersion[] = [];
  let kept = 0;
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
    const known = versions.findLast((version) => version.id === id);
    if (known !== undefined && !isDelta && !metadata.isStream) {
      throw invalidFile({ place: where, expected: 'every dictionary once', received: `dictionary ${id} again` });
    }
    const { type, kind } = types.get(id)!;
    const values = readValues(where, file, data, block, metadata.version, type, kind);
    // Nothing has used what is added to at once: in the file format, no version but the last.
    const isReplaced = isDelta && known?.before === block.before;
    if (isReplaced) versions.splice(versions.indexOf(known), 1);
    const before = isDelta ? (known?.values ?? []) : [];
    const all = isReplaced ? before : before.slice();
    for (const value of values) all.push(value);
    kept += isReplaced ? values.length : all.length;
    if (kept > MOST_VALUES) throw tooManyVersions(where, kept);
    versions.push({ id, before: block.before, values: all });
  }
  return versions;
}

/** A version that may still be added to. */
interface OpenVersion extends DictionaryVersion {
  readonly values: Category[];
}

function tooManyVersions(where: string, values: number): LockstepError {
  return unsupportedFile({
    place: where,
    expected: `at most ${MOST_VALUES} values of all versions of all dictionaries`,
    received: String(values),
    advice: 'Write the dictionary once, before the first record batch: pyarrow does so in the file format.',
  });
}

function readValues(
  where: string,
  file: FileBytes,
  header: RecordBatchHeader,
  block: Block,
  version: number,
  type: DataType,
  kind: StoredKind,
): Category[] {
  checkBatch(where, [{ name: 'values', type, typeName: 'values', nullable: false }], header, block, version);
  const codec = codecOf(where, header);
  if (codec !== undefined) requireCodec(where, codec);
  if (header.nodes[0].nullCount !== 0) {
    throw new LockstepError('COLUMN_HAS_NULLS', {
      place: where,
      expected: 'a value for every index',
      received: `${header.nodes[0].nullCount} nulls`,
      advice: 'Make the rows null when writing the file, not the values of the dictionary.',
    });
  }
  const body = block.offset + block.metadataBytes;
  const read: ReadBuffer = (index, needed) => {
    const { offset, length } = header.buffers[index];
    const extent = { offset: body + offset, bytes: length };
    if (codec !== undefined) return readCompressed(where, file, extent, codec, needed ?? 0);
    if ((needed ?? length) <= length) return file.bytes(extent.offset, needed ?? length);
    const at = place(where, `byte ${extent.offset}`);
    throw invalidFile({ place: at, expected: `a buffer of at least ${needed} bytes`, received: String(length) });
  };
  const { length, buffers } = header;
  if (kind === 'utf8View') return textsOfViews(where, read, length, buffers.length - 2);
  if (kind === 'utf8' || kind === 'largeUtf8') return textsOf(where, read, length, kind);
  return numbersOf(read(1, bytesOf(kind, length)), kind, length);
}

function numbersOf(bytes: Uint8Array, kind: StoredKind, count: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read: Readonly<Partial<Record<StoredKind, (at: number) => number>>> = {
    uint8: (at) => view.getUint8(at),
    int8: (at) => view.getInt8(at),
    uint16: (at) => view.getUint16(at, true),
    int16: (at) => view.getInt16(at, true),
    uint32: (at) => view.getUint32(at, true),
    int32: (at) => view.getInt32(at, true),
    uint64: (at) => Number(view.getBigUint64(at, true)),
    int64: (at) => Number(view.getBigInt64(at, true)),
    float32: (at) => view.getFloat32(at, true),
    float64: (at) => view.getFloat64(at, true),
  };
  const width = bytesOf(kind, 1);
  return Array.from({ length: count }, (_, i) => read[kind]!(i * width));
}
