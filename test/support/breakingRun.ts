import { type Dataset, dense, type Fault, LockstepError, type Model, sequential, sgd } from '@lockstep/core';
import { faultySource, type FaultySourceOptions } from './faultySource.ts';

export const ROWS = 80;
export const WIDTH = 5;

/** Five steps of 16 rows, in file order, so that a row stands for a step; two blocks of rows, so that two threads have work. */
export const OPTIONS = {
  loss: 'sparseCategoricalCrossentropy',
  optimizer: sgd({ learningRate: 0.1 }),
  progress: false,
  batchSize: 16,
  shuffle: false,
  shards: 4,
} as const;

export function breakingModel(): Model {
  return sequential([dense(6, { activation: 'relu' }), dense(2, { activation: 'softmax' })], {
    inputShape: [WIDTH],
    seed: 4,
  });
}

export function breakingDataset(
  fault: FaultySourceOptions['fault'],
  row: number,
  more: Pick<FaultySourceOptions, 'times' | 'counts'> = {},
): Dataset {
  return {
    rows: ROWS,
    featureShape: [WIDTH],
    label: { width: 1, integer: true },
    fingerprint: `${fault} ${row}`,
    // One chunk a row, and one window a chunk, so that a source can hang while it loads the row.
    chunkRows: Array.from({ length: ROWS }, () => 1),
    windowBytesPerRow: 2 ** 40,
    source: faultySource({ fault, row, width: WIDTH, ...more }),
  };
}

// As a program (workerFailure.test.ts starts it): breaks four times, trains once, prints how each went, and must then end
// by itself, as a thread or a timer left behind would keep it alive.
if (process.argv[1] === import.meta.filename) {
  const model = breakingModel();
  const outcomes: string[] = [];
  const faults: readonly (Fault | null)[] = [
    { thread: 1, step: 1, action: 'throw' },
    { thread: 0, step: 1, action: 'exit' },
    { thread: 'loader', step: 1, action: 'throw' },
    { thread: 'loader', step: 1, action: 'exit' },
    null,
  ];
  for (const fault of faults) {
    const run = model.fit(breakingDataset('none', 0), {
      ...OPTIONS,
      ...{ workers: 2, maxWorkerRestarts: 0 },
      faults: fault === null ? [] : [fault],
    });
    outcomes.push(
      await run.then(
        () => 'trained',
        (error: unknown) => (error instanceof LockstepError ? error.code : String(error)),
      ),
    );
  }
  process.stdout.write(JSON.stringify(outcomes));
}
