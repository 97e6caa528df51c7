/** The layout of numbers that are read in place: uncompressed, without nulls, all rows or a range of them. */
import type { RowRange } from './chunks.ts';
import { cutIntoChunks } from './chunks.ts';
import type { SelectedColumn } from './columns.ts';
import type { FilePart } from './parts.ts';
import { isPlainReading } from './reading.ts';
import type { DatasetRequest } from './request.ts';
import { BYTES, isNumberKind, rowBytes } from './types.ts';
import type { ArrowLayout, BatchLayout, ColumnLayout, NumberKind } from './types.ts';

/** Whether the options ask for nothing that values would have to be looked at for. */
export function isPlainRequest({ columns, filter, split, checksValues }: DatasetRequest): boolean {
  if (filter.length > 0 || checksValues || split?.by === 'hash') return false;
  return columns.every(({ role, encode, normalize, fillNull, cast, scale }) => {
    if (encode !== 'number' || normalize !== undefined || fillNull !== undefined || cast !== undefined) return false;
    return role !== 'label' || scale === 1;
  });
}

/** Whether the columns are of kinds that can be read in place too. */
export function arePlainParts(parts: readonly FilePart[]): boolean {
  const { columns } = parts[0];
  const labels = columns.filter(({ request }) => request.role === 'label');
  if (labels.length !== 1 || labels[0].width !== 1) return false;
  const isPlain = ({ kind, dictionary, reading }: SelectedColumn): boolean =>
    isNumberKind(kind) && dictionary === undefined && isPlainReading(reading);
  if (!columns.every(isPlain)) return false;
  return parts.every(({ batches }) => batches.every(({ codec }) => codec === undefined));
}

export function plainLayout(parts: readonly FilePart[], scale: number, range: RowRange): ArrowLayout {
  const { columns: selected } = parts[0];
  const columns = selected.map((column) => plainColumn(column, scale));
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
