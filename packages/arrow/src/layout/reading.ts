/** How the stored values of a column become the numbers that all options speak of. */
import { isTextKind } from './types.ts';
import type { NumberKind, StoredKind } from './types.ts';

/** Units of dates and times, and their nanoseconds. */
export const NANOSECONDS = { day: 86_400e9, s: 1e9, ms: 1e6, us: 1e3, ns: 1 } as const;
export type TimeUnit = keyof typeof NANOSECONDS;

/** What values can be read as. */
export type Cast = 'bool' | Exclude<NumberKind, 'float16'> | TimeUnit;

export interface Reading {
  readonly cast?: Exclude<Cast, TimeUnit>;
  /** Dates and times: times the first, divided by the second, rounded down. */
  readonly unit?: readonly [multiply: number, divide: number];
  /** Digits behind the point of a decimal. */
  readonly decimalPlaces?: number;
  /** Whether the values are categories, of which the code is read. */
  readonly isCategory: boolean;
  /** Whether a NaN counts as a null. */
  readonly nanIsNull: boolean;
}

/** Whether values are no more than the numbers that are stored. */
export function isPlainReading({ cast, unit, decimalPlaces, isCategory, nanIsNull }: Reading): boolean {
  return cast === undefined && unit === undefined && decimalPlaces === undefined && !isCategory && !nanIsNull;
}

export function isTimeUnit(cast: Cast): cast is TimeUnit {
  return Object.hasOwn(NANOSECONDS, cast);
}

/** How values of one unit become those of another. */
export function unitRatio(from: TimeUnit, to: TimeUnit): Reading['unit'] {
  const ratio = NANOSECONDS[from] / NANOSECONDS[to];
  if (ratio === 1) return undefined;
  return ratio > 1 ? [ratio, 1] : [1, NANOSECONDS[to] / NANOSECONDS[from]];
}

/** Whether every value is an integer after it was read, so that it may be a class. */
export function readsIntegers(kind: StoredKind, { cast, decimalPlaces }: Reading): boolean {
  if (cast !== undefined) return !cast.startsWith('float');
  if (kind.startsWith('decimal')) return decimalPlaces === 0;
  return !kind.startsWith('float') && !isTextKind(kind);
}
