import type { Failure } from '../harness/child.ts';
import type { Series } from '../harness/interleave.ts';
import { type Spread, spread } from '../harness/statistics.ts';
import type { PassesAnswer } from './protocol.ts';

/** A peer with one setting. */
export interface LoaderRow {
  readonly peer: string;
  readonly setting: string;
  readonly note: string;
  /** Bytes of a pass, and milliseconds for a gigabyte of them; null when it never answered. */
  readonly bytes: number;
  readonly millisecondsPerGigabyte: Spread | null;
  readonly passes: number;
  /** The largest of its processes, in bytes. */
  readonly peakRss: number;
  readonly failure: Failure | null;
}

/** What was measured of one file, interleaved. */
export interface LoaderCase {
  readonly name: string;
  readonly fileBytes: number;
  readonly rows: readonly LoaderRow[];
}

export function summarise({ answers, failure, peer, setting }: Series<PassesAnswer>): LoaderRow {
  const costs = answers.flatMap(({ bytes, milliseconds }) => milliseconds.map((time) => (time / bytes) * 1e9));
  return {
    peer,
    setting,
    note: answers[0]?.note ?? '',
    bytes: answers[0]?.bytes ?? 0,
    millisecondsPerGigabyte: costs.length === 0 ? null : spread(costs),
    passes: costs.length,
    peakRss: answers.reduce((most, { peakRss }) => Math.max(most, peakRss), 0),
    failure,
  };
}

/** Least time of the peer's settings for a gigabyte: of minima, and of medians. Null when none answered. */
export function bestOf(rows: readonly LoaderRow[], peer: string): Spread | null {
  const times = rows.flatMap((row) =>
    row.peer === peer && row.millisecondsPerGigabyte !== null ? [row.millisecondsPerGigabyte] : [],
  );
  if (times.length === 0) return null;
  return { min: Math.min(...times.map(({ min }) => min)), median: Math.min(...times.map(({ median }) => median)) };
}

/** How many times as fast `ours` is as `theirs`, best settings both; or why nobody knows. */
export function ratioOf(rows: readonly LoaderRow[], ours: string, theirs: string): Measured {
  const [own, others] = [bestOf(rows, ours), bestOf(rows, theirs)];
  if (own !== null && others !== null) {
    return { value: { best: others.min / own.min, median: others.median / own.median }, failure: null };
  }
  return { value: null, failure: failureOf(rows, own === null ? ours : theirs) };
}

export function failureOf(rows: readonly LoaderRow[], peer: string): Failure {
  const found = rows.find((row) => row.peer === peer && row.failure !== null)?.failure;
  return found ?? { kind: 'absent', reason: `${peer} was not measured` };
}

/** A figure: from the best passes, and from medians. */
export type Measured =
  | { readonly value: { readonly best: number; readonly median: number }; readonly failure: null }
  | { readonly value: null; readonly failure: Failure };
