import { newValues } from './convert/table/columns.ts';
import { StatisticsOf } from './convert/table/statistics.ts';
import type { ColumnStatistics } from './convert/table/statistics.ts';
import type { FileBytes } from './format/arrowFile.ts';
import { DiskFile } from './format/diskFile.ts';
import { invalidFile, place, unsupportedFile } from './format/errors.ts';
import { loadDecoders, readBatchHeader } from './format/metadata.ts';
import { readMetadata } from './format/stream.ts';
import { compressionName, locateColumns } from './layout/batch.ts';
import type { ColumnBuffers, LocatedColumn, Validity } from './layout/batch.ts';
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
 * Errors: FILE_NOT_FOUND, FILE_INVALID, UNSUPPORTED (compressed files), FILE_CHANGED.
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
      if (header.compression !== null) {
        const received = `compression by ${compressionName(header)}`;
        const advice = 'Write the file without compression.';
        throw unsupportedFile({ place: where, expected: 'uncompressed values, for statistics', received, advice });
      }
      const buffers = locateColumns(where, fields, header, block, version, columns);
      columns.forEach((column, i) => {
        hasInnerNulls[i] ||= buffers[i].validities.slice(1).some(({ nulls }) => nulls > 0);
        if (hasInnerNulls[i]) return;
        addBatch(place(where, `column ${JSON.stringify(column.name)}`), file, column, buffers[i], statistics[i]);
      });
    });
    file.requireUnchanged();
    return columns.flatMap(({ name }, i) => (hasInnerNulls[i] ? [] : [{ name, ...statistics[i].result(0) }]));
  } finally {
    file.close();
  }
}

function addBatch(
  where: string,
  file: FileBytes,
  column: NumberColumn,
  { values: { offset }, validities: [validity] }: ColumnBuffers,
  statistics: StatisticsOf,
): void {
  const bytesPerRow = rowBytes(column);
  const rows = validity.entries;
  // Whole bytes of the bitmap.
  const pieceRows = Math.max(8, 8 * Math.floor(PIECE_BYTES / bytesPerRow / 8));
  for (let row = 0; row < rows; row += pieceRows) {
    const count = Math.min(pieceRows, rows - row);
    const values = newValues(column.kind, count * column.width);
    file.read(new Uint8Array(values.buffer), 0, count * bytesPerRow, offset + row * bytesPerRow);
    statistics.add(
      values,
      validity.nulls === 0 && validity.bitmap.bytes === 0 ? null : readNulls(where, file, validity, row, count),
      count,
    );
  }
}

/** 1 for each row that is null; the file has a bit for each that is not. */
function readNulls(
  where: string,
  file: FileBytes,
  { bitmap, entries }: Validity,
  row: number,
  count: number,
): Uint8Array {
  if (bitmap.bytes < Math.ceil(entries / 8)) {
    const expected = `a null bitmap of ${Math.ceil(entries / 8)} bytes`;
    throw invalidFile({ place: where, expected, received: String(bitmap.bytes) });
  }
  const bits = file.bytes(bitmap.offset + row / 8, Math.ceil(count / 8));
  return Uint8Array.from({ length: count }, (_, i) => 1 - ((bits[i >> 3] >> (i & 7)) & 1));
}
