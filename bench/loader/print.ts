import { table } from '../harness/table.ts';
import { mebibytes } from '../memory/print.ts';
import type { LoaderCase, LoaderRow } from './results.ts';
import type { LoaderResult } from './run.ts';
import type { Target } from './targets.ts';
import type { TrainingResult } from './training.ts';

export function printLoader(result: LoaderResult): string {
  const { cases, targets, training } = result;
  return [
    '\nData, from files in the page cache to batches of 256 rows that a step could begin with; best settings of both.',
    ...cases.map(printCase),
    ...(training === null ? [] : [printTraining(training)]),
    [table(TARGET_HEADER, targets.map(targetCells)), ...loaderFailures(result)].join('\n'),
  ].join('\n\n');
}

/** Why something was not measured, or not as often as it should. */
export function loaderFailures({ cases, training }: LoaderResult): string[] {
  const failed = (what: string, failure: LoaderRow['failure']): string[] =>
    failure === null ? [] : [`${what}: ${failure.kind}: ${failure.reason}`];
  return [
    ...cases.flatMap(({ name, rows }) => rows.flatMap((row) => failed(`${name}, ${titleOf(row)}`, row.failure))),
    ...(training?.rows ?? []).flatMap(({ failure, source }) => failed(`training ${source}`, failure)),
  ];
}

function printCase({ fileBytes, name, rows }: LoaderCase): string {
  return `${name}, a file of ${megabytes(fileBytes)}\n\n${table(CASE_HEADER, rows.map(caseCells))}`;
}

export const CASE_HEADER: readonly string[] = ['', 'GB/s, best', 'median', 'passes', 'peak'];

export function caseCells(row: LoaderRow): string[] {
  const { failure, millisecondsPerGigabyte: time, passes, peakRss } = row;
  if (time === null) return [titleOf(row), failure?.kind ?? 'failed', '', '0', ''];
  const failed = failure === null ? '' : `, then ${failure.kind}`;
  const [best, median] = [rate(time.min), rate(time.median)];
  return [titleOf(row), best, median, `${passes}${failed}`, mebibytes(peakRss)];
}

function titleOf({ note, peer, setting }: LoaderRow): string {
  return [peer, setting, note].filter((text) => text !== '').join(', ');
}

/** Milliseconds a gigabyte → gigabytes a second. */
function rate(milliseconds: number): string {
  return (1e3 / milliseconds).toPrecision(3);
}

function printTraining(training: TrainingResult): string {
  const { excess, name } = training;
  const { best, median } = excess.value ?? { best: NaN, median: NaN };
  const text = `A step from the file takes ${figure(best, '%')} more time than one from memory at its best, ${figure(median, '%')} in the median.`;
  return [
    `Training, ${name}, shuffled\n`,
    table(TRAINING_HEADER, trainingCells(training)),
    ...(excess.value === null ? [] : [text]),
  ].join('\n');
}

export const TRAINING_HEADER: readonly string[] = [
  'batches',
  'µs a step, best',
  'median',
  'of it waiting, median',
  'waits a step',
  'peak',
];

export function trainingCells({ rows }: TrainingResult): string[][] {
  return rows.map(({ failure, microseconds, peakRss, source, waited, waits }) => {
    if (microseconds === null || waited === null) return [source, failure?.kind ?? 'failed', '', '', '', ''];
    const times = [microseconds.min, microseconds.median, waited.median].map((time) => time.toFixed(0));
    return [source, ...times, waits.toFixed(3), mebibytes(peakRss)];
  });
}

export const TARGET_HEADER: readonly string[] = ['', 'is to be', 'best', 'median', ''];

export function targetCells({ atLeast, below, measured, reached, unit, what }: Target): string[] {
  const limit = atLeast === null ? `below ${below} ${unit}` : `from ${atLeast} ${unit}`;
  if (measured.value === null) return [what, limit, measured.failure.kind, '', 'not measured'];
  const { best, median } = measured.value;
  return [what, limit, figure(best, unit), figure(median, unit), reached === true ? 'reached' : 'MISSED'];
}

function figure(value: number, unit: Target['unit']): string {
  const digits = value >= 100 || unit === 'MB/s' ? value.toFixed(0) : value.toPrecision(3);
  return `${digits} ${unit}`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6).toLocaleString('en-US')} MB`;
}
