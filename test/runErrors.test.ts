import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Callback, earlyStopping, sgd } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from './support/folder.ts';
import { type Mistake, option, raised, testMistakes } from './support/mistakes.ts';
import { SMALL, smallDataset, smallModel } from './support/resumeRun.ts';

/** Mistakes in the options of a run that can be interrupted: its checkpoints, its end, its threads, its updates. */
const fit = (options: Record<string, unknown>): (() => Promise<unknown>) => {
  const all = { ...SMALL, workers: 1, ...options };
  return () => smallModel().fit(smallDataset(), all);
};

const checkpoint =
  (options: Record<string, unknown>): (() => Promise<unknown>) =>
  () =>
    fit({ checkpoint: { directory: temporaryFolder(), ...options } })();

const CHECKPOINT_MISTAKES: readonly Mistake[] = [
  {
    title: 'checkpoints without a folder',
    make: fit({ checkpoint: {} }),
    answer: option('fit.checkpoint.directory', { received: 'nothing', advice: 'path of a folder' }),
  },
  {
    title: 'a folder without a name',
    make: fit({ checkpoint: { directory: '' } }),
    answer: option('fit.checkpoint.directory', { received: '""' }),
  },
  {
    title: 'a folder in place of options',
    make: fit({ checkpoint: 'runs/1' }),
    answer: option('fit.checkpoint', { expected: 'an object', received: '"runs/1"' }),
  },
  {
    title: 'an option of another library',
    make: checkpoint({ saveTopK: 3 }),
    answer: option('fit.checkpoint.saveTopK', {
      expected: 'no such option',
      advice: 'directory, everySteps, everySeconds',
    }),
  },
  {
    title: 'every 0 steps',
    make: checkpoint({ everySteps: 0 }),
    answer: option('fit.checkpoint.everySteps', { received: '0' }),
  },
  { title: 'every half step', make: checkpoint({ everySteps: 0.5 }), answer: option('fit.checkpoint.everySteps') },
  { title: 'every 0 seconds', make: checkpoint({ everySeconds: 0 }), answer: option('fit.checkpoint.everySeconds') },
  {
    title: 'seconds without end',
    make: checkpoint({ everySeconds: Infinity }),
    answer: option('fit.checkpoint.everySeconds', { received: 'Infinity' }),
  },
  { title: 'none to keep', make: checkpoint({ keepLast: 0 }), answer: option('fit.checkpoint.keepLast') },
  {
    title: 'a number for the best',
    make: checkpoint({ keepBest: 1 }),
    answer: option('fit.checkpoint.keepBest', { advice: 'name of a metric' }),
  },
  {
    title: 'the best of a metric that is not computed',
    make: checkpoint({ keepBest: 'valLoss' }),
    answer: option('fit.checkpoint.keepBest.monitor', {
      expected: 'loss, accuracy',
      received: 'valLoss',
      advice: 'validation',
    }),
  },
  {
    title: 'the best of a metric that does not exist',
    make: checkpoint({ keepBest: { monitor: 'auc', mode: 'max' } }),
    answer: option('fit.checkpoint.keepBest.monitor', { received: 'auc', advice: '`metrics`' }),
  },
  {
    title: 'the best in a direction that does not exist',
    make: checkpoint({ keepBest: { monitor: 'loss', mode: 'up' } }),
    answer: option('fit.checkpoint.keepBest', { advice: "'min' | 'max'" }),
  },
  {
    title: 'errors that are ignored',
    make: checkpoint({ onError: 'ignore' }),
    answer: option('fit.checkpoint.onError', { advice: "'stop' or 'continue'" }),
  },
  {
    title: 'to resume without a folder',
    make: fit({ resume: true }),
    answer: option('fit.resume', { expected: 'checkpoint: { directory }', received: 'true', advice: 'resume: true' }),
  },
  {
    title: 'to resume by a number',
    make: fit({ resume: 1 }),
    answer: option('fit.resume', { advice: 'path of a checkpoint' }),
  },
  {
    title: 'a folder that cannot be made',
    make: checkpoint({ directory: '/proc/nowhere' }),
    answer: { code: 'FILE_NOT_WRITTEN', place: '/proc/nowhere' },
  },
];

const RUN_MISTAKES: readonly Mistake[] = [
  {
    title: 'half a batch to accumulate',
    make: fit({ accumulateGradBatches: 1.5 }),
    answer: option('fit.accumulateGradBatches', { received: '1.5' }),
  },
  {
    title: 'no batch to accumulate',
    make: fit({ accumulateGradBatches: 0 }),
    answer: option('fit.accumulateGradBatches'),
  },
  {
    title: 'a norm of 0',
    make: fit({ gradientClipNorm: 0 }),
    answer: option('fit.gradientClipNorm', { received: '0' }),
  },
  { title: 'a negative norm', make: fit({ gradientClipNorm: -1 }), answer: option('fit.gradientClipNorm') },
  {
    title: 'a norm that is NaN',
    make: fit({ gradientClipNorm: NaN }),
    answer: option('fit.gradientClipNorm', { received: 'NaN' }),
  },
  {
    title: 'two ways of clipping by norms',
    make: fit({ gradientClipNorm: 1, optimizer: sgd({ learningRate: 0.1, clipNorm: 1 }) }),
    answer: option('fit.gradientClipNorm', { expected: 'one way of clipping gradients by their norm' }),
  },
  { title: 'a norm without end', make: fit({ gradientClipNorm: Infinity }), answer: option('fit.gradientClipNorm') },
  {
    title: 'less than no restart',
    make: fit({ maxWorkerRestarts: -1 }),
    answer: option('fit.maxWorkerRestarts', { received: '-1', advice: 'at least 0' }),
  },
  { title: 'half a restart', make: fit({ maxWorkerRestarts: 0.5 }), answer: option('fit.maxWorkerRestarts') },
  {
    title: 'restarts without end',
    make: fit({ maxWorkerRestarts: Infinity }),
    answer: option('fit.maxWorkerRestarts'),
  },
  { title: 'no time', make: fit({ maxTime: 0 }), answer: option('fit.maxTime', { received: '0' }) },
  { title: 'a time as text', make: fit({ maxTime: '1h' }), answer: option('fit.maxTime', { received: '"1h"' }) },
  { title: 'no step', make: fit({ maxSteps: 0 }), answer: option('fit.maxSteps') },
  { title: 'no time for a step', make: fit({ stepTimeout: 0 }), answer: option('fit.stepTimeout') },
  {
    title: 'a fault at no point',
    make: fit({ faults: [{ thread: 0, step: 0, action: 'throw', at: 'noon' }] }),
    answer: option('fit.faults.0.at'),
  },
  {
    title: 'a callback that remembers and has no name',
    make: fit({ callbacks: [{ onEpochEnd: () => {}, saveState: () => ({ json: 1 }) }] }),
    answer: option('fit.callbacks', { received: 'without a name', advice: 'Checkpoints' }),
  },
  {
    title: 'a callback whose name has a slash',
    make: fit({ callbacks: [{ onEpochEnd: () => {}, name: 'a/b', saveState: () => ({ json: 1 }) }] }),
    answer: option('fit.callbacks', { expected: 'without a slash', received: '"a/b"' }),
  },
  {
    title: 'two early stoppings by one metric',
    make: fit({ callbacks: [earlyStopping({ monitor: 'loss' }), earlyStopping({ monitor: 'loss', patience: 2 })] }),
    answer: option('fit.callbacks', { received: '"earlyStopping loss" twice' }),
  },
  { title: 'patience of 0', make: () => earlyStopping({ patience: 0 }), answer: option('earlyStopping.patience') },
  {
    title: 'a negative least change',
    make: () => earlyStopping({ minDelta: -1 }),
    answer: option('earlyStopping.minDelta'),
  },
  {
    title: 'a mode that does not exist',
    make: () => earlyStopping({ mode: 'auto' as never }),
    answer: option('earlyStopping.mode', { advice: "'min' or 'max'" }),
  },
  {
    title: 'an option of another library for early stopping',
    make: () => earlyStopping({ restore_best_weights: true } as never),
    answer: option('earlyStopping.restore_best_weights', { advice: 'restoreBestWeights' }),
  },
];

describe.each([
  ['checkpoints', CHECKPOINT_MISTAKES],
  ['runs', RUN_MISTAKES],
])('mistakes in the options of %s are answered with a code, a place and advice', (_, mistakes) => {
  testMistakes(mistakes);
});

test('a mistake is found before a folder is made, a file is read or a callback is called', async () => {
  const directory = join(temporaryFolder(), 'run');
  let called = 0;
  const callbacks: Callback[] = [{ onTrainBegin: () => void called++, onTrainEnd: () => void called++ }];
  for (const wrong of [
    { gradientClipNorm: 0 },
    { loss: 'meanSquaredError' },
    { checkpoint: { directory, keepBest: 'auc' } },
  ]) {
    expect(await raised(fit({ checkpoint: { directory }, callbacks, ...wrong }))).toMatchObject({
      code: expect.stringMatching(/^(INVALID_OPTION|UNSUPPORTED)$/) as string,
    });
  }
  expect(called).toBe(0);
  expect(existsSync(directory)).toBe(false);
});

test('a file in the place of the folder', async () => {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, '');
  expect(await raised(fit({ checkpoint: { directory: path } }))).toMatchObject({
    code: 'FILE_NOT_WRITTEN',
    place: path,
  });
});
