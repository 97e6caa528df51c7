import { expect, test } from 'vitest';
import { BatchCallbacks, type BatchContext } from './batchCallbacks.ts';
import type { Callback } from './callbacks.ts';

const CONTEXT = {} as BatchContext;
const nothing = (): void => {};

/** Where there are none, steps follow each other without a pause: training.ts asks for as many at once as it may. */
test('only callbacks with a function for batches make steps pause', () => {
  const others: Callback = {
    ...{ onTrainBegin: nothing, onEpochBegin: nothing, onEpochEnd: nothing, onTrainEnd: nothing },
    ...{ onProgress: nothing, onCheckpoint: nothing, onThreadRestart: nothing },
  };
  expect(BatchCallbacks.of([], CONTEXT)).toBeNull();
  expect(BatchCallbacks.of([others], CONTEXT)).toBeNull();
  for (const own of [{ onBatchBegin: nothing }, { onBatchEnd: nothing }]) {
    expect(BatchCallbacks.of([others, own], CONTEXT)).not.toBeNull();
  }
});
