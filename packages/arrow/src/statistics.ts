import { newValues } from './convert/table/columns.ts';
import { StatisticsOf } from './convert/table/statistics.ts';
import type { ColumnStatistics } from './convert/table/statistics.ts';
import type { FileBytes } from './format/arrowFile.ts';
import { readCompressed, requireCodec } from './format/compression.ts';
import type { Codec } from './format/compression.ts';
import { DiskFile } from './format/diskFile.ts';
import { place } from './format/errors.ts';
import { loadDecoders, readBatchHeader } from './format/metadata.ts';
import { readMetadata } from './format/stream.ts';
import { codecOf, locateColumns } from './layout/batch.ts';
import type { ColumnBuffers, Extent, LocatedColumn } from './layout/batch.ts';
import { checkValidity } from './layout/nulls.ts';
import { storedType } from './layout/storedTypes.ts';
import { isNumberKind, rowBytes } from './layout/types.ts';
import type { NumberKind } from './layout/types.ts';

/** Bytes of values that are read at once. */
const PIECE_BYTES = 2 ** 20;
/** Bytes of a row of one column; eight of them are read at once. */
const LARGEST_ROW = 2 ** 26;

/** A column of numbers, scalars or lists whose type gives their length. */
type NumberColumn = LocatedColumn & { readonly kind: NumberKind };

export interface NamedStatistics extends ColumnStatistics {
  readonly name: string;
}

/**
 * Statistics of an Arrow file's columns of numbers, scalars and lists of a fixed length, by one pass over their values, in bounded
 * memory. Left out are columns of other types, of a name that stands twice, lists with nulls inside, and rows of more than 64 MiB.
 * Compressed record
 * batches are decompressed a column at a time. Errors: FILE_NOT_FOUND, FILE_INVALID, UNSUPPORTED (ZSTD before Node 22.15), FILE_CHANGED.
 */
export async function arrowStatistics(path: string): Promise<readonly NamedStatistics[]> {
  const decoders = await loadDecoders();
  const file = DiskFile.open(path);
  try {
    const { fields, blocks, version } = readMetadata(file, decoders);
    const names = new Map<string, number>();
    for (const { name } of fields) names.set(name, (names.get(name) ?? 0) + 1);
    const columns = fields.flatMap(({ name, type }): NumberColumn[] => {
      const { kind, width, isList, dictionary } = storedType(type) ?? { kind: 'bool', width: 1, isList: false };
      if (!isNumberKind(kind) || dictionary !== undefined || width === 0 || names.get(name)! > 1) return [];
      return rowBytes({ kind, width }) > LARGEST_ROW ? [] : [{ name, kind, width, isList }];
    });
    const statistics = columns.map(({ name, kind, width }) => {
      return new StatisticsOf({ name, type: kind, perRow: width, categories: null });
    });
    const hasInnerNulls = columns.map(() => false);
    blocks.forEach((block, number) => {
      const where = place(path, `record batch ${number}`);
      const header = readBatchHeader(file, decoders, block, where);
      const codec = codecOf(where, header);
      if (codec !== undefined) requireCodec(where, codec);
      const buffers = locateColumns(where, fields, header, block, version, columns);
      columns.forEach((column, i) => {
        hasInnerNulls[i] ||= buffers[i].validities.slice(1).some(({ nulls }) => nulls > 0);
        if (hasInnerNulls[i]) return;
        const columnPlace = place(where, `column ${JSON.stringify(column.name)}`);
        const read: ReadExtent = (extent, needed) => openExtent(columnPlace, file, codec, extent, needed);
        addBatch(columnPlace, read, column, buffers[i], statistics[i], codec !== undefined);
      });
    });
    file.requireUnchanged();
    return columns.flatMap(({ name }, i) => (hasInnerNulls[i] ? [] : [{ name, ...statistics[i].result(0) }]));
  } finally {
    file.close();
  }
}

/** A buffer of at least `needed` bytes: what it gives bytes of it by. */
type ReadExtent = (extent: Extent, needed: number) => (start: number, bytes: number) => Uint8Array;

/** Bytes are read as they are asked for; of a compressed buffer it is read as a whole before. */
function openExtent(
  where: string,
  file: FileBytes,
  codec: Codec | undefined,
  extent: Extent,
  needed: number,
): ReturnType<ReadExtent> {
  if (codec === undefined) return (start, bytes) => file.bytes(extent.offset + start, bytes);
  const whole = readCompressed(where, file, extent, codec, needed);
  return (start, bytes) => whole.subarray(start, start + bytes);
}

function addBatch(
  where: string,
  read: ReadExtent,
  column: NumberColumn,
  { values: extent, validities: [validity] }: ColumnBuffers,
  statistics: StatisticsOf,
  isCompressed: boolean,
): void {
  const bytesPerRow = rowBytes(column);
  const rows = validity.entries;
  const stored = read(extent, rows * bytesPerRow);
  const hasBitmap = checkValidity(where, validity, isCompressed);
  const bits = hasBitmap ? read(validity.bitmap, Math.ceil(rows / 8)) : undefined;
  // Whole bytes of the bitmap.
  const pieceRows = Math.max(8, 8 * Math.floor(PIECE_BYTES / bytesPerRow / 8));
  for (let row = 0; row < rows; row += pieceRows) {
    const count = Math.min(pieceRows, rows - row);
    const values = newValues(column.kind, count * column.width);
    new Uint8Array(values.buffer).set(stored(row * bytesPerRow, count * bytesPerRow));
    statistics.add(values, bits === undefined ? null : nullsOf(bits(row / 8, Math.ceil(count / 8)), count), count);
  }
}

/** 1 for each row that is null; the file has a bit for each that is not. */
function nullsOf(bits: Uint8Array, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => 1 - ((bits[i >> 3] >> (i & 7)) & 1));
}
