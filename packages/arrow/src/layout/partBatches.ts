/** The record batches of a file: where their columns lie, what their lists and bitmaps say. */
import { requireCodec } from '../format/compression.ts';
import type { Codec } from '../format/compression.ts';
import type { ArrowFile, FileBytes, FileRange } from '../format/arrowFile.ts';
import { invalidFile, place } from '../format/errors.ts';
import { metadataOf, readBatchHeader } from '../format/metadata.ts';
import type { ArrowMetadata, Block, Decoders } from '../format/metadata.ts';
import { codecOf, locateColumns } from './batch.ts';
import type { ColumnBuffers, Extent, Validity } from './batch.ts';
import type { SelectedColumn } from './columns.ts';
import type { DictionaryVersion } from './dictionaries.ts';
import { measureLists } from './lists.ts';
import { checkValidity, requireNoNulls } from './nulls.ts';
import type { StoredBuffers } from './preparedTypes.ts';

/** What is read of many batches together, at most: of a file far away, it is held in memory. */
const GROUP_BYTES = 16 * 2 ** 20;
const GROUP_BATCHES = 256;

export interface PartBatch {
  readonly file: number;
  readonly number: number;
  readonly rows: number;
  readonly firstRow: number;
  readonly codec?: Codec;
  /** `dictionary` counts those of the part. */
  readonly columns: readonly StoredBuffers[];
}

export interface BatchRequest {
  /** Whether a null is an error wherever it is, so that it need not wait for the scan. */
  readonly refusesNulls: boolean;
  /** Widths of lists, by name, as far as earlier batches told them; added to. */
  readonly listWidths: Map<string, number>;
}

/** A record batch after its header was read. */
interface LocatedBatch {
  readonly where: string;
  readonly number: number;
  readonly rows: number;
  readonly codec?: Codec;
  readonly columns: readonly ColumnBuffers[];
}

/** `index`: of the file in the dataset. Errors: FILE_INVALID, COLUMN_HAS_NULLS, INVALID_DATA, UNSUPPORTED. */
export async function readBatches(
  file: ArrowFile,
  index: number,
  metadata: ArrowMetadata,
  selected: readonly SelectedColumn[],
  dictionaries: readonly DictionaryVersion[],
  request: BatchRequest,
  decoders: Decoders,
): Promise<PartBatch[]> {
  const batches: PartBatch[] = [];
  let located = 0;
  let firstRow = 0;
  for (const blocks of groupsOf(metadata.blocks, ({ metadataBytes }) => metadataBytes)) {
    const first = located;
    const group = await file.reading((bytes) => {
      bytes.prefetch(metadataOf(blocks));
      return blocks.map((block, i) => locateBatch(bytes, metadata, block, first + i, selected, decoders));
    });
    located += group.length;
    for (const some of groupsOf(group, (batch) => total(lookedAt(batch)))) {
      const row = firstRow;
      const read = await file.reading((bytes) => {
        bytes.prefetch(some.flatMap(lookedAt));
        let begin = row;
        return some.map((batch): PartBatch => {
          const { number, rows, codec } = batch;
          const columns = batch.columns.map((_, i) =>
            readColumn(bytes, batch, i, begin, selected[i], dictionaries, request),
          );
          begin += rows;
          const codecs = codec === undefined ? {} : { codec };
          return { file: index, number, rows, firstRow: begin - rows, ...codecs, columns };
        });
      });
      for (const { rows } of read) firstRow += rows;
      batches.push(...read);
    }
  }
  return batches;
}

function locateBatch(
  file: FileBytes,
  { fields, version }: ArrowMetadata,
  block: Block,
  number: number,
  selected: readonly SelectedColumn[],
  decoders: Decoders,
): LocatedBatch {
  const where = place(file.name, `record batch ${number}`);
  const header = readBatchHeader(file, decoders, block, where);
  const codec = codecOf(where, header);
  if (codec !== undefined) requireCodec(where, codec);
  const columns = locateColumns(where, fields, header, block, version, selected);
  return { where, number, rows: header.length, ...(codec === undefined ? {} : { codec }), columns };
}

/** What of a batch is looked at besides its header. Bitmaps of compressed batches wait for the scan. */
function lookedAt({ codec, columns }: LocatedBatch): FileRange[] {
  return columns.flatMap(({ validities, listOffsets }) => {
    const lists = listOffsets === undefined ? [] : [listOffsets];
    return codec === undefined ? [...lists, ...validities.map(({ bitmap }) => bitmap)] : lists;
  });
}

function readColumn(
  file: FileBytes,
  { where: batchPlace, number, rows, codec, columns }: LocatedBatch,
  index: number,
  firstRow: number,
  { name, width, dictionary, hasLargeOffsets = false }: SelectedColumn,
  dictionaries: readonly DictionaryVersion[],
  request: BatchRequest,
): StoredBuffers {
  const where = place(batchPlace, `column ${JSON.stringify(name)}`);
  const column = columns[index];
  let firstEntry = 0;
  let perRow = width;
  if (column.listOffsets !== undefined) {
    const known = request.listWidths.get(name) ?? width;
    const lists = measureLists(where, file, column, codec, rows, firstRow, known, hasLargeOffsets);
    request.listWidths.set(name, lists.width);
    ({ firstEntry, width: perRow } = lists);
  }
  const [rowValidity, items] = column.validities;
  const rowBits = bitmapOf(where, file, rowValidity, codec, firstRow, 0, rows, request);
  const entryBits =
    items === undefined
      ? undefined
      : bitmapOf(where, file, { ...items, entriesPerRow: perRow }, codec, firstRow, firstEntry, rows * perRow, request);
  return {
    ...{ values: column.values, firstEntry },
    ...(column.texts === undefined ? {} : { texts: column.texts }),
    ...(rowBits === undefined ? {} : { rowValidity: rowBits }),
    ...(entryBits === undefined ? {} : { entryValidity: entryBits }),
    ...(dictionary === undefined ? {} : { dictionary: dictionaryAt(where, dictionaries, dictionary, number, rows) }),
  };
}

/** The bitmap, where something may be null of the `entries` from `first` on. */
function bitmapOf(
  where: string,
  file: FileBytes,
  validity: Validity,
  codec: Codec | undefined,
  firstRow: number,
  first: number,
  entries: number,
  { refusesNulls }: BatchRequest,
): Extent | undefined {
  if (refusesNulls && codec === undefined) {
    requireNoNulls(where, file, validity, firstRow, { first, entries });
    return undefined;
  }
  return checkValidity(where, validity, codec !== undefined) ? validity.bitmap : undefined;
}

/** The dictionary that holds for record batch `number`; -1 where there is none and no row needs one. */
function dictionaryAt(
  where: string,
  versions: readonly DictionaryVersion[],
  id: number,
  number: number,
  rows: number,
): number {
  const index = versions.findLastIndex((version) => version.id === id && version.before <= number);
  if (index >= 0 || rows === 0) return index;
  throw invalidFile({ place: where, expected: `a dictionary batch for dictionary ${id}`, received: 'none' });
}

function total(ranges: readonly FileRange[]): number {
  return ranges.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** In their order, so many together as may be. */
function* groupsOf<T>(items: readonly T[], bytesOf: (item: T) => number): Generator<readonly T[]> {
  let begin = 0;
  let sum = 0;
  for (const [end, item] of items.entries()) {
    const bytes = bytesOf(item);
    if (end > begin && (end - begin === GROUP_BATCHES || sum + bytes > GROUP_BYTES)) {
      yield items.slice(begin, end);
      begin = end;
      sum = 0;
    }
    sum += bytes;
  }
  if (begin < items.length) yield items.slice(begin);
}
