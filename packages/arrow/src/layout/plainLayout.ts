/** The layout of numbers that are read in place: uncompressed, without nulls, all rows or a range of them. */
import type { RowRange } from './chunks.ts';
import { cutIntoChunks } from './chunks.ts';
import type { SelectedColumn } from './columns.ts';
import type { FilePart } from './parts.ts';
import { isPlainReading } from './reading.ts';
import type { DatasetRequest } from './request.ts';
import { BYTES, isNumberKind, rowBytes } from './types.ts';
import type { ArrowLayout, BatchLayout, ColumnLayout, ColumnTerms, NumberKind } from './types.ts';

/** Whether the options ask for nothing that values would have to be looked at for. */
export function isPlainRequest(request: DatasetRequest): boolean {
  return isReadInPlace(request) && request.columns.every(({ normalize }) => normalize === undefined);
}

/** The same but for statistics of features, which are known before anything is read for training. */
export function isReadInPlace({ columns, filter, split, checksValues }: DatasetRequest): boolean {
  if (filter.length > 0 || checksValues || split?.by === 'hash') return false;
  return columns.every(({ role, encode, normalize, fillNull, cast, scale }) => {
    if (encode !== 'number' || fillNull !== undefined || cast !== undefined) return false;
    return role !== 'label' || (normalize === undefined && scale === 1);
  });
}

/** Whether no column has bitmaps of nulls, which would have to be looked at. */
export function areWithoutBitmaps(parts: readonly FilePart[]): boolean {
  return parts.every(({ batches }) =>
    batches.every(({ columns }) =>
      columns.every(({ rowValidity, entryValidity }) => rowValidity === undefined && entryValidity === undefined),
    ),
  );
}

/** Whether the columns are of kinds that can be read in place too. */
export function arePlainParts(parts: readonly FilePart[]): boolean {
  const { columns } = parts[0];
  const labels = columns.filter(({ request }) => request.role === 'label');
  if (labels.length !== 1 || labels[0].width !== 1) return false;
  // In what is normalised a NaN counts as a null, which taking the statistics has refused.
  const isPlain = ({ kind, dictionary, reading, request: { normalize } }: SelectedColumn): boolean =>
    isNumberKind(kind) &&
    dictionary === undefined &&
    isPlainReading({ ...reading, nanIsNull: reading.nanIsNull && normalize === undefined });
  if (!columns.every(isPlain)) return false;
  return parts.every(({ batches }) => batches.every(({ codec }) => codec === undefined));
}

/** `normalized`: terms of the columns that are, by their index. */
export function plainLayout(
  parts: readonly FilePart[],
  scale: number,
  range: RowRange,
  normalized: ReadonlyMap<number, ColumnTerms> = new Map(),
): ArrowLayout {
  const { columns: selected } = parts[0];
  const columns = selected.map((column, index) => {
    const terms = normalized.get(index);
    return { ...plainColumn(column, scale), ...(terms === undefined ? {} : { terms }) };
  });
  const batches = parts.flatMap((part) =>
    part.batches.map(({ file, number, rows, firstRow, columns: buffers }): BatchLayout => {
      const offsets = buffers.map(({ values, firstEntry }, i) => values.offset + firstEntry * BYTES[columns[i].kind]);
      return { file, number, rows, firstRow, offsets };
    }),
  );
  const bytes = columns.reduce((sum, column) => sum + rowBytes(column), 0);
  return {
    files: parts.map(({ file }) => file),
    columns,
    batches,
    chunks: cutIntoChunks(batches, bytes, range),
    scale,
  };
}

function plainColumn({ name, request, kind, width }: SelectedColumn, scale: number): ColumnLayout {
  const column = { name, role: request.role as ColumnLayout['role'], kind: kind as NumberKind, width };
  return request.role === 'feature' && request.scale !== scale ? { ...column, scale: request.scale } : column;
}
