/**
 * How columns lie in a window: each run is rows × width numbers of one kind, row-major.
 *
 * A list column is such a run already, and is read straight into its place. Scalar columns are not: gathering a row of
 * 32 of them in shuffled order touches 32 cache lines (measured: 0.1 GB/s). So neighbouring scalar features are read
 * beside the window and turned into one run of rows when a chunk is loaded: of their own kind where they share one of up
 * to four bytes (measured: twice as fast as converting), else of float32, scaled.
 */
import type { FeatureRun, WindowDescription } from '@lockstep/core/source';
import { ALIGNMENT, BYTES, PAGE, rowBytes } from './types.ts';
import type { ArrowLayout, ColumnLayout, ColumnTerms, NumberKind } from './types.ts';

export interface ColumnRun {
  /** Indices into the layout's columns; more than one when the run is made of scalar columns. */
  readonly columns: readonly number[];
  readonly role: ColumnLayout['role'];
  readonly kind: NumberKind;
  /** Numbers per row. */
  readonly width: number;
  /** Whether the numbers are features already: converted, scaled. */
  readonly isConverted: boolean;
}

/** A number of four bytes, in a run of scalar columns. */
const JOINED_BYTES = 4;

export function columnRuns(columns: readonly ColumnLayout[]): ColumnRun[] {
  const groups: number[][] = [];
  columns.forEach((column, index) => {
    const last = groups.at(-1);
    if (isScalarFeature(column) && last !== undefined && isScalarFeature(columns[last[0]])) last.push(index);
    else groups.push([index]);
  });
  return groups.map((group) => {
    const { role, kind, width } = columns[group[0]];
    if (group.length === 1) return { columns: group, role, kind, width, isConverted: false };
    const isConverted = BYTES[kind] > JOINED_BYTES || group.some((index) => columns[index].kind !== kind);
    return { columns: group, role, kind: isConverted ? 'float32' : kind, width: group.length, isConverted };
  });
}

function isScalarFeature({ role, width }: ColumnLayout): boolean {
  return role === 'feature' && width === 1;
}

/** Bytes that a row of all runs takes in a window, at most: orders are derived from it, so it stays as it was before numbers kept their kind. */
export function windowBytesPerRow(columns: readonly ColumnLayout[]): number {
  return columnRuns(columns).reduce((sum, run) => {
    return sum + (run.columns.length > 1 ? JOINED_BYTES * run.width : rowBytes(run));
  }, 0);
}

/** What the windows of a layout hold. Beside its rows a run takes what aligns it, and up to a page of `chooseStart`. */
export function plainWindows(layout: ArrowLayout): WindowDescription {
  const runs = columnRuns(layout.columns);
  const features = runs.filter(({ role }) => role === 'feature');
  return {
    runs: features.map((run) => featureRun(layout, run)),
    overheadBytes: runs.length * (ALIGNMENT + PAGE),
    decodes: false,
  };
}

function featureRun(layout: ArrowLayout, run: ColumnRun): FeatureRun {
  const { kind, width, isConverted } = run;
  if (isConverted) return { kind, width, subtract: 0, factor: 1 };
  const terms = run.columns.map((column) => termsOf(layout, column));
  return {
    ...{ kind, width },
    subtract: oneOrAll(terms.flatMap(({ subtract }) => subtract)),
    factor: oneOrAll(terms.flatMap(({ factor }) => factor)),
  };
}

/** What becomes of the values of a column, [width] each. */
export function termsOf({ columns, scale: common }: ArrowLayout, column: number): ColumnTerms {
  const { width, scale = common, terms } = columns[column];
  if (terms !== undefined) return terms;
  return { subtract: Array.from({ length: width }, () => 0), factor: Array.from({ length: width }, () => scale) };
}

function oneOrAll(terms: readonly number[]): number | readonly number[] {
  return terms.every((term) => term === terms[0]) ? terms[0] : terms;
}
