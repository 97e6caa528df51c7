/**
 * How columns lie in a window: each run is rows × width numbers of one kind, row-major.
 *
 * A list column is such a run already, and is read straight into its place. Scalar columns are not: gathering a row of
 * 32 of them in shuffled order touches 32 cache lines (measured: 0.1 GB/s). So neighbouring scalar features are read
 * beside the window and turned into one run of float32 rows, scaled, when the window is loaded.
 */
import { rowBytes } from './types.ts';
import type { ColumnLayout, NumberKind } from './types.ts';

export interface ColumnRun {
  /** Indices into the layout's columns; more than one when the run is made by conversion. */
  readonly columns: readonly number[];
  readonly role: ColumnLayout['role'];
  readonly kind: NumberKind;
  /** Numbers per row. */
  readonly width: number;
}

export function isConverted(run: ColumnRun): boolean {
  return run.columns.length > 1;
}

export function columnRuns(columns: readonly ColumnLayout[]): ColumnRun[] {
  const runs: ColumnRun[] = [];
  columns.forEach((column, index) => {
    const last = runs.at(-1);
    const joins = column.role === 'feature' && column.width === 1;
    if (joins && last !== undefined && last.role === 'feature' && last.width === last.columns.length) {
      const joined = [...last.columns, index];
      runs[runs.length - 1] = { columns: joined, role: 'feature', kind: 'float32', width: joined.length };
    } else {
      runs.push({ columns: [index], role: column.role, kind: column.kind, width: column.width });
    }
  });
  return runs;
}

/** Bytes that a row of all runs takes in a window. */
export function windowBytesPerRow(columns: readonly ColumnLayout[]): number {
  return columnRuns(columns).reduce((sum, run) => sum + rowBytes(run), 0);
}
