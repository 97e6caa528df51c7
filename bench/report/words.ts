import { times } from '../harness/table.ts';
import type { BenchResults } from '../results.ts';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** 23 November 2026, in Greenwich. */
export function dateOf({ date }: BenchResults): string {
  const day = new Date(date);
  return `${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]} ${day.getUTCFullYear()}`;
}

export function machineOf({ machine }: BenchResults): string {
  return `${machine.cores} cores of ${machine.cpu}, ${machine.system}, Node ${machine.node}`;
}

/** `12.3 × (11.9)`: of minima, and of medians. */
export function ratioText(ratio: { readonly min: number; readonly median: number } | null, otherwise: string): string {
  return ratio === null ? otherwise : `${times(ratio.min)} (${times(ratio.median).replace(' ×', '')})`;
}

export function describeRatio(ratio: { readonly min: number } | null, note: string): string {
  if (ratio === null) return note;
  return `${note}, Lockstep is ${times(ratio.min)} as fast`;
}
