import {
  adam,
  type Dataset,
  dense,
  type FitOptions,
  type History,
  type Model,
  sequential,
  slice,
} from '@lockstep/core';
import { RUNS, type Windowed, windowedDataset, WINDOWED_CLASSES } from './windowedDataset.ts';

const WIDTH = RUNS.reduce((sum, { width }) => sum + width, 0);
export const ROWS = 100;
const MEBIBYTE = 2 ** 20;

/** Chunks of other sizes, also of one row, and smaller ones than a batch. */
const CHUNKS = [40, 1, 1, 32, 26];
const equalChunks = (rows: number): number[] => Array.from({ length: ROWS / rows }, () => rows);

export interface WindowsCase extends Windowed {
  readonly name: string;
}

/** Windows of the shuffled order: all rows; 16 of them or a chunk that has more; four, where a batch has 24; eight. */
export const WINDOWS: readonly [WindowsCase, WindowsCase, WindowsCase, WindowsCase] = [
  { name: 'one window', chunkRows: CHUNKS },
  { name: 'windows of few chunks', chunkRows: CHUNKS, rowBytes: MEBIBYTE / 16 },
  { name: 'windows smaller than a batch', chunkRows: equalChunks(2), rowBytes: MEBIBYTE / 4 },
  { name: 'one-row chunks', chunkRows: equalChunks(1), rowBytes: MEBIBYTE / 8, waits: true },
];

export const OPTIONS: FitOptions & { readonly windowBytes: number } = {
  ...{ loss: 'sparseCategoricalCrossentropy', optimizer: adam({ learningRate: 0.01 }), metrics: ['accuracy'] },
  ...{ batchSize: 24, shards: 4, epochs: 2, progress: false, windowBytes: MEBIBYTE },
};

export function windowedModel(): Model {
  return sequential([dense(9, { activation: 'relu' }), dense(WINDOWED_CLASSES, { activation: 'softmax' })], {
    ...{ inputShape: [WIDTH], seed: 5 },
  });
}

export type WindowedOutcome = Pick<History, 'metrics' | 'weightsHashes' | 'steps'>;

export function outcomeOf({ metrics, weightsHashes, steps }: History): WindowedOutcome {
  return { metrics, weightsHashes, steps };
}

export async function train(dataset: Dataset, options: FitOptions = {}): Promise<WindowedOutcome> {
  return outcomeOf(await windowedModel().fit(dataset, { ...OPTIONS, ...options }));
}

/** Some of the same rows, cut out of the middle of chunks. */
export function validationOf(options: Windowed): Dataset {
  return slice(windowedDataset(options), 7, 61);
}

const undisturbed = new Map<string, Promise<WindowedOutcome>>();

/** Of a run with that validation that nothing disturbs, on one thread; the same for all of a file's tests. */
export function untroubled(options: WindowsCase): Promise<WindowedOutcome> {
  const run =
    undisturbed.get(options.name) ?? train(windowedDataset(options), { workers: 1, validation: validationOf(options) });
  undisturbed.set(options.name, run);
  return run;
}
