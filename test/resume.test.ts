import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Callback, decodeSafetensors, loadModel } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { checkpointSteps, newestCheckpoint, temporaryFolder } from './support/folder.ts';
import { gatedDataset } from './support/gatedSource.ts';
import {
  ADAM_CLIPPED,
  CASES,
  part,
  resultOf,
  SMALL,
  SMALL_STEPS,
  smallDataset,
  smallModel,
  uninterrupted,
} from './support/resumeRun.ts';
import { catchWarnings } from './support/warnings.ts';

/** A run that is stopped and taken up again ends as one that was never stopped, on whatever number of threads. */
catchWarnings('LOCKSTEP_IDLE_CORES');

/** Threads in turn, so that no part of a run has those of the part before. */
const WORKERS = [1, 2, 3, 1, 3, 2];

describe('stopped after any number of steps, it ends the same way', () => {
  test.each(CASES)('$name', async (run) => {
    const expected = resultOf(await uninterrupted(run, 2));
    const all = 2 * run.steps;
    for (let steps = 1; steps <= all; steps++) {
      const directory = temporaryFolder();
      // Threads of their own for every other stop, on one side of it: starting them takes longer than all the steps.
      const pooled = 2 + (steps % 3 === 0 ? 1 : 0);
      const workers = [
        [1, pooled],
        [1, 1],
        [pooled, 1],
        [1, 1],
      ][steps % 4];
      const first = await part(run, directory, { maxSteps: steps, workers: workers[0] });
      expect(first).toMatchObject({ steps, resumedFrom: null, checkpoints: { last: newestCheckpoint(directory) } });
      const second = await part(run, directory, { resume: true, workers: workers[1] });
      expect(resultOf(second), `stopped after ${steps} steps`).toEqual(expected);
      expect(second.resumedFrom).toBe(first.checkpoints.last);
    }
  });
});

describe('stopped many times', () => {
  test('after every single step', async () => {
    const directory = temporaryFolder();
    const all = 2 * SMALL_STEPS;
    for (let steps = 1; steps < all; steps++) {
      const workers = WORKERS[steps % WORKERS.length];
      expect((await part(ADAM_CLIPPED, directory, { resume: true, maxSteps: steps, workers })).steps).toBe(steps);
    }
    const last = await part(ADAM_CLIPPED, directory, { resume: true, workers: 2 });
    expect(resultOf(last)).toEqual(resultOf(await uninterrupted(ADAM_CLIPPED, 2)));
  });

  test('by a signal, after some step or other', async () => {
    const directory = temporaryFolder();
    const stops = [0];
    for (const workers of [2, 1, 3]) {
      const stop = new AbortController();
      const reason = new Error('enough');
      // While steps go on: the signal stops them wherever they are.
      const onCheckpoint: Callback['onCheckpoint'] = ({ steps }) => (steps > stops[0] ? stop.abort(reason) : undefined);
      const run = part(ADAM_CLIPPED, directory, {
        ...{ resume: true, epochs: 100_000, workers, signal: stop.signal, callbacks: [{ onCheckpoint }] },
        checkpoint: { directory, everySteps: 1 },
      });
      await expect(run).rejects.toBe(reason);
      stops.unshift(checkpointSteps(directory).at(-1) ?? 0);
      expect(stops[0]).toBeGreaterThan(stops[1]);
    }
    const epochs = Math.ceil(stops[0] / SMALL_STEPS) + 1;
    const last = await part(ADAM_CLIPPED, directory, { resume: true, epochs, workers: 2 });
    expect(resultOf(last)).toEqual(resultOf(await uninterrupted(ADAM_CLIPPED, epochs)));
  });
});

describe('a signal stops it with a checkpoint', () => {
  test.each([1, 2])('in onEpochEnd, %i workers', async (workers) => {
    const directory = temporaryFolder();
    const stop = new AbortController();
    const reason = new Error('enough');
    const callbacks: Callback[] = [{ onEpochEnd: ({ epoch }) => (epoch === 2 ? stop.abort(reason) : undefined) }];
    // No other checkpoint: none is due for a while.
    const checkpoint = { directory, everySteps: 1000 };
    const run = part(ADAM_CLIPPED, directory, { epochs: 4, workers, callbacks, signal: stop.signal, checkpoint });
    await expect(run).rejects.toBe(reason);
    expect(checkpointSteps(directory)).toEqual([2 * SMALL_STEPS]);
    const resumed = await part(ADAM_CLIPPED, directory, { epochs: 4, workers: 3 - workers, resume: true });
    expect(resultOf(resumed)).toEqual(resultOf(await uninterrupted(ADAM_CLIPPED, 4)));
  });

  test('in the middle of an evaluation, which begins again', async () => {
    const directory = temporaryFolder();
    const options = { ...SMALL, epochs: 3, workers: 2 };
    const stop = new AbortController();
    const reason = new Error('enough');
    // The loader, which is ahead of the steps, waits with the second of three evaluation batches for the signal.
    const { dataset: validation, open } = gatedDataset(20);
    const onProgress: Callback['onProgress'] = ({ step }) => {
      if (step < SMALL_STEPS) return;
      stop.abort(reason);
      open();
    };
    const checkpoint = { directory, everySteps: 1000 };
    const run = smallModel().fit(smallDataset(), {
      ...{ ...options, validation, checkpoint, signal: stop.signal, callbacks: [{ onProgress }] },
    });
    await expect(run).rejects.toBe(reason);
    expect(checkpointSteps(directory)).toEqual([SMALL_STEPS]);
    const resumed = await smallModel().fit(smallDataset(), { ...options, validation, checkpoint, resume: true });
    const whole = await smallModel().fit(smallDataset(), { ...options, validation, workers: 1 });
    expect(resultOf(resumed)).toEqual(resultOf(whole));
  });

  test('that has fired before it begins: nothing is written', async () => {
    const directory = temporaryFolder();
    await expect(part(ADAM_CLIPPED, directory, { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(checkpointSteps(directory)).toEqual([]);
  });
});

describe('the time given to it', () => {
  test.each([1, 2])('ends it between two steps, and it can be taken up again, %i workers', async (workers) => {
    const directory = temporaryFolder();
    const first = await part(ADAM_CLIPPED, directory, { epochs: 100_000, maxTime: 0.2, workers });
    expect(first.stoppedBy).toBe('maxTime');
    expect(checkpointSteps(directory).at(-1)).toBe(first.steps);
    const epochs = Math.floor(first.steps / SMALL_STEPS) + 1;
    expect(first.epochs).toHaveLength(epochs - 1);
    const resumed = await part(ADAM_CLIPPED, directory, { epochs, resume: true, workers: 3 - workers });
    expect(resultOf(resumed)).toEqual(resultOf(await uninterrupted(ADAM_CLIPPED, epochs)));
  });
});

describe('a run that is complete', () => {
  test.each([1, 2])('is taken up to do nothing, with the same history, %i workers', async (workers) => {
    const directory = temporaryFolder();
    const first = await part(ADAM_CLIPPED, directory, { workers });
    for (const again of [1, 2]) {
      const second = await part(ADAM_CLIPPED, directory, { workers, resume: true });
      expect(resultOf(second), `${again}`).toEqual(resultOf(first));
      expect({ seconds: second.seconds, rate: second.samplesPerSecond }).toEqual({
        seconds: first.seconds,
        rate: first.samplesPerSecond,
      });
    }
  });

  test('goes on when more epochs are asked for, as a run that had them from the start', async () => {
    const directory = temporaryFolder();
    await part(ADAM_CLIPPED, directory, { workers: 1 });
    const longer = await part(ADAM_CLIPPED, directory, { workers: 2, resume: true, epochs: 4 });
    expect(resultOf(longer)).toEqual(resultOf(await uninterrupted(ADAM_CLIPPED, 4)));
  });

  test.each([{ epochs: 1 }, { maxSteps: 3 }, { maxSteps: SMALL_STEPS }])(
    'has done more than is asked for now, %o: it stays as it is',
    async (less) => {
      const directory = temporaryFolder();
      const first = await part(ADAM_CLIPPED, directory, { workers: 1 });
      const second = await part(ADAM_CLIPPED, directory, { workers: 1, resume: true, ...less });
      expect(resultOf(second)).toEqual(resultOf(first));
    },
  );
});

test('the last checkpoint is one of the own folder, not of another whose name begins like it', async () => {
  const parent = temporaryFolder();
  const [directory, longer] = [join(parent, 'run'), join(parent, 'run-2')];
  const done = await part(ADAM_CLIPPED, longer, {});
  const again = await part(ADAM_CLIPPED, directory, { resume: longer });
  expect(resultOf(again)).toEqual(resultOf(done));
  // There was nothing left to do, so nothing was written.
  expect(checkpointSteps(directory)).toEqual([]);
  expect(again.checkpoints.last).toBeNull();
});

test('a checkpoint is a safetensors file with a model in it', async () => {
  const directory = temporaryFolder();
  const history = await part(ADAM_CLIPPED, directory, { maxSteps: 7, workers: 1 });
  const path = newestCheckpoint(directory);
  const model = await loadModel(path);
  expect(model.weightsHash()).toBe(history.weightsHash);
  const { tensors } = decodeSafetensors(readFileSync(path), path);
  expect(tensors.map(({ name }) => name)).toEqual(
    expect.arrayContaining(
      smallModel()
        .parameters()
        .map(({ name }) => name),
    ),
  );
});
