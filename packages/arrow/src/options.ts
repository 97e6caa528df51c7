/** The options of `arrowDataset`, checked before any file is opened. */
import { LockstepError } from '@lockstep/core/source';
import type { ColumnRequest } from './layout/columns.ts';
import { nearest } from './layout/nearest.ts';

export interface ArrowDatasetOptions {
  /** Columns that make up a row's features, one after the other in this order: scalars or fixed-size lists. */
  readonly features: readonly string[];
  /** A scalar column; integers may serve as class indices. */
  readonly label: string;
  /**
   * Factor of every feature, 1 by default. The product is taken in double precision and rounded once to float32, so it
   * is the same on every machine. Labels and weights are not scaled.
   */
  readonly scale?: number;
  /** A scalar column of weights, finite and not negative. Without it every row weighs 1. */
  readonly sampleWeight?: string;
}

export interface CheckedOptions {
  readonly columns: readonly ColumnRequest[];
  readonly scale: number;
}

const NAMES = ['features', 'label', 'scale', 'sampleWeight'] as const;

/** INVALID_OPTION at the path of the first option that is wrong. */
export function checkOptions(options: ArrowDatasetOptions): CheckedOptions {
  if (typeof options !== 'object' || options === null) {
    throw invalid('', "an object such as { features: ['pixels'], label: 'digit' }", options);
  }
  for (const name of Object.keys(options)) {
    if ((NAMES as readonly string[]).includes(name)) continue;
    const guess = nearest(name, NAMES);
    const advice = guess === undefined ? undefined : `Did you mean ${guess}?`;
    throw invalid(`.${name}`, `an option of arrowDataset (${NAMES.join(', ')})`, 'an unknown one', advice);
  }
  const { features, label, scale = 1, sampleWeight } = options;
  if (!Array.isArray(features) || features.length === 0) {
    throw invalid('.features', 'an array of at least one column name', features);
  }
  const columns: ColumnRequest[] = [];
  const add = (where: string, name: unknown, role: ColumnRequest['role']): void => {
    if (typeof name !== 'string' || name === '') throw invalid(where, 'a column name', name);
    const other = columns.find((column) => column.name === name);
    if (other !== undefined) {
      const advice = other.role === role ? undefined : 'A model that sees its label learns nothing else.';
      throw invalid(where, 'a column that is not used yet', `${JSON.stringify(name)}, already a ${other.role}`, advice);
    }
    columns.push({ name, role });
  };
  features.forEach((name, i) => add(`.features[${i}]`, name, 'feature'));
  add('.label', label, 'label');
  if (sampleWeight !== undefined) add('.sampleWeight', sampleWeight, 'sampleWeight');
  if (typeof scale !== 'number' || !Number.isFinite(scale) || scale === 0) {
    throw invalid('.scale', 'a finite number other than 0', scale);
  }
  return { columns, scale };
}

function invalid(path: string, expected: string, received: unknown, advice = 'Correct the option.'): LockstepError {
  const shown = typeof received === 'string' ? received || '""' : describe(received);
  return new LockstepError('INVALID_OPTION', { place: `arrowDataset${path}`, expected, received: shown, advice });
}

function describe(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return JSON.stringify(value) ?? typeof value;
}
