import type { Failure } from '../harness/child.ts';
import type { Series } from '../harness/interleave.ts';
import { type Spread, spread } from '../harness/statistics.ts';
import type { Measured } from './results.ts';
import type { TrainAnswer } from './trainProtocol.ts';

/** Steps of the same training from a file and from memory. */
export interface TrainingResult {
  readonly name: string;
  /** By where the batches come from. */
  readonly rows: readonly TrainingRow[];
  /** Waits for batches as a share of the time of a step, in percent, when they come from the file. */
  readonly waiting: Measured;
  /** How much longer a step takes than from memory, in percent. */
  readonly excess: Measured;
}

export interface TrainingRow {
  readonly source: string;
  /** Of a step; and how much of it threads slept because the batch was not there. */
  readonly microseconds: Spread | null;
  readonly waited: Spread | null;
  /** How often they did, a step. */
  readonly waits: number;
  readonly peakRss: number;
  readonly failure: Failure | null;
}

/** `series`: from the file, then from memory. */
export function compareTraining(name: string, series: readonly Series<TrainAnswer>[]): TrainingResult {
  const rows = series.map(summarise);
  const [file, memory] = rows;
  const failure = file.failure ?? memory.failure ?? { kind: 'absent', reason: 'not measured' };
  // Of each epoch by itself. There is often one in which nobody waited, so the least says nothing.
  const shares = series[0].answers.flatMap(({ microseconds, waited }) =>
    waited.map((wait, epoch) => (wait / microseconds[epoch]) * 100),
  );
  const measured = (value: Measured['value']): Measured =>
    value === null ? { value, failure } : { value, failure: null };
  const share = shares.length === 0 ? null : spread(shares);
  const [own, other] = [file.microseconds, memory.microseconds];
  const excess = (key: keyof Spread): number => (own![key] / other![key] - 1) * 100;
  return {
    name,
    rows,
    waiting: measured(share && { best: share.min, median: share.median }),
    excess: measured(own === null || other === null ? null : { best: excess('min'), median: excess('median') }),
  };
}

function summarise({ answers, failure, peer }: Series<TrainAnswer>): TrainingRow {
  const all = (key: 'microseconds' | 'waited'): Spread | null =>
    answers.length === 0 ? null : spread(answers.flatMap((answer) => answer[key]));
  return {
    source: peer,
    microseconds: all('microseconds'),
    waited: all('waited'),
    waits: answers.length === 0 ? 0 : spread(answers.map(({ waits }) => waits)).median,
    peakRss: answers.reduce((most, { peakRss }) => Math.max(most, peakRss), 0),
    failure,
  };
}
