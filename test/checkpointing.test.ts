import { rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import {
  type Callback,
  type CheckpointWritten,
  dense,
  type Fault,
  type FitOptions,
  loadModel,
  sequential,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkpointSteps, newestCheckpoint, temporaryFolder } from './support/folder.ts';
import { classNumbers, signedNumbers } from './support/numbers.ts';
import { ADAM_CLIPPED, part, resultOf, SMALL_STEPS, uninterrupted } from './support/resumeRun.ts';
import { catchWarnings } from './support/warnings.ts';

/** When checkpoints are written, which of them stay, and what comes of a disk that takes none. */
const takeWarnings = catchWarnings('LOCKSTEP_IDLE_CORES');

/** A run whose checkpoints are waited for: each is on the disk before the next epoch begins. */
function listening(): { readonly callback: Callback; readonly written: CheckpointWritten[] } {
  const written: CheckpointWritten[] = [];
  return { written, callback: { onCheckpoint: (one) => void written.push(one) } };
}

describe('when', () => {
  test.each([1, 2])('after every epoch by default, %i workers', async (workers) => {
    const directory = temporaryFolder();
    const { callback, written } = listening();
    const whole = await uninterrupted(ADAM_CLIPPED, 4);
    // The last one is due whatever the one before is doing; the others may still be written when the next is due.
    const slow: Callback = {
      async onEpochEnd({ epoch }) {
        while (written.length < epoch - 1) await new Promise((resolve) => setImmediate(resolve));
      },
    };
    const options = { epochs: 4, workers, callbacks: [callback, slow], checkpoint: { directory, keepLast: 10 } };
    const history = await part(ADAM_CLIPPED, directory, options);
    expect(resultOf(history)).toEqual(resultOf(whole));
    expect(written.map(({ steps }) => steps)).toEqual([1, 2, 3, 4].map((epoch) => epoch * SMALL_STEPS));
    expect(written.map(({ weightsHash }) => weightsHash)).toEqual(whole.weightsHashes);
    expect(checkpointSteps(directory)).toEqual(written.map(({ steps }) => steps));
  });

  test.each([1, 2])('after so many steps, of which each has the weights of that step, %i workers', async (workers) => {
    const directory = temporaryFolder();
    const { callback, written } = listening();
    const checkpoint = { directory, everySteps: 3, keepLast: 100 };
    const history = await part(ADAM_CLIPPED, directory, { epochs: 6, workers, callbacks: [callback], checkpoint });
    expect(resultOf(history)).toEqual(resultOf(await uninterrupted(ADAM_CLIPPED, 6)));
    const all = 6 * SMALL_STEPS;
    expect(written.at(-1)?.steps).toBe(all);
    for (const { steps, path, weightsHash, bytes } of written) {
      // One that is due while another is being written comes some steps later.
      expect(steps).toBeGreaterThanOrEqual(3);
      const model = await loadModel(path);
      expect(model.weightsHash()).toBe(weightsHash);
      const { weightsHash: expected } = await part(ADAM_CLIPPED, temporaryFolder(), {
        epochs: 6,
        maxSteps: steps,
        workers: 1,
      });
      expect(weightsHash, `after ${steps} steps`).toBe(expected);
      expect(bytes).toBeGreaterThan(1000);
    }
  });

  test.each([1, 2])('after so many seconds, %i workers', async (workers) => {
    const directory = temporaryFolder();
    const { callback, written } = listening();
    const untilThree: Callback = { onEpochEnd: ({ stop }) => (written.length >= 3 ? stop() : undefined) };
    const checkpoint = { directory, everySeconds: 0.01 };
    const callbacks = [callback, untilThree];
    const history = await part(ADAM_CLIPPED, directory, { epochs: 100_000, workers, callbacks, checkpoint });
    expect(written.length).toBeGreaterThanOrEqual(3);
    expect(written.at(-1)?.steps).toBe(history.steps);
    expect(checkpointSteps(directory)).toHaveLength(3);
  });

  test.each([1, 2])('training goes on while one is written, %i workers', async (workers) => {
    const directory = temporaryFolder();
    const features = signedNumbers(64 * 64, 1);
    const dataset = tensorDataset({ features, labels: classNumbers(64, 10, 2), featureShape: [64] });
    // A checkpoint of 5 MB.
    const model = sequential(
      [dense(1500, { activation: 'relu' }), dense(200, { activation: 'relu' }), dense(10, { activation: 'softmax' })],
      {
        ...{ inputShape: [64], seed: 1 },
      },
    );
    const { callback, written } = listening();
    // A checkpoint is due after every step. If a step had to wait for it, there would be one of every step.
    await model.fit(dataset, {
      ...{ loss: 'sparseCategoricalCrossentropy', batchSize: 16, epochs: 20, workers, callbacks: [callback] },
      checkpoint: { directory, everySteps: 1 },
    });
    const between = written.slice(1).map(({ steps }, i) => steps - written[i].steps);
    expect(Math.max(...between)).toBeGreaterThan(1);
    expect(Math.min(...between)).toBeGreaterThan(0);
    for (const { pauseSeconds, writeSeconds } of written) expect(pauseSeconds).toBeLessThan(writeSeconds);
  });

  test.each([1, 2])('an exception in onCheckpoint ends the run with it, %i workers', async (workers) => {
    const directory = temporaryFolder();
    const reason = new Error('no more display');
    const onCheckpoint = (): never => {
      throw reason;
    };
    const checkpoint = { directory, everySteps: 1 };
    const run = part(ADAM_CLIPPED, directory, { epochs: 100_000, workers, callbacks: [{ onCheckpoint }], checkpoint });
    await expect(run).rejects.toBe(reason);
    expect(checkpointSteps(directory)).toHaveLength(1);
  });

  test('the history counts them, and for how long training stood still', async () => {
    const directory = temporaryFolder();
    const { callback, written } = listening();
    const checkpoint = { directory, everySteps: 2 };
    const { checkpoints } = await part(ADAM_CLIPPED, directory, {
      epochs: 3,
      workers: 1,
      callbacks: [callback],
      checkpoint,
    });
    const pauses = written.map(({ pauseSeconds }) => pauseSeconds);
    expect(checkpoints).toEqual({
      ...{ written: written.length, failed: 0, last: newestCheckpoint(directory), best: null },
      pauseSeconds: expect.closeTo(
        pauses.reduce((a, b) => a + b),
        9,
      ) as number,
      longestPauseSeconds: Math.max(...pauses),
    });
    expect(Math.min(...pauses)).toBeGreaterThan(0);
  });
});

describe('which stay', () => {
  test.each([1, 2, 4])('the last %i', async (keepLast) => {
    const directory = temporaryFolder();
    const all: number[] = [];
    for (let steps = 1; steps <= 6; steps++) {
      await part(ADAM_CLIPPED, directory, {
        resume: true,
        maxSteps: steps,
        workers: 1,
        checkpoint: { directory, keepLast },
      });
      all.push(steps);
      const kept = checkpointSteps(directory);
      expect(kept).toContain(steps);
      expect(kept).toHaveLength(Math.min(kept.length, keepLast));
    }
    expect(checkpointSteps(directory)).toEqual(all.slice(-keepLast));
  });

  /** Values of a metric that are made up, so that the best epoch is known. */
  test.each([
    { monitor: 'loss', mode: undefined },
    { monitor: 'accuracy', mode: undefined },
    { monitor: 'valLoss', mode: 'max' },
    { monitor: 'valAccuracy', mode: 'min' },
  ] as const)('the one with the best $monitor, mode $mode', async ({ monitor, mode }) => {
    const directory = temporaryFolder();
    const epochs = 12;
    const keepBest = mode === undefined ? monitor : { monitor, mode };
    const history = await part(ADAM_CLIPPED, directory, {
      epochs,
      workers: 1,
      checkpoint: { directory, keepLast: 1, keepBest },
    });
    const values = history.metrics[monitor];
    const highest = mode === undefined ? monitor === 'accuracy' : mode === 'max';
    const best = values.indexOf(highest ? Math.max(...values) : Math.min(...values));
    const steps = (best + 1) * SMALL_STEPS;
    expect(checkpointSteps(directory)).toEqual([...new Set([steps, epochs * SMALL_STEPS])]);
    expect(history.checkpoints.best).toBe(join(directory, `checkpoint-${String(steps).padStart(12, '0')}.safetensors`));
    const model = await loadModel(history.checkpoints.best ?? '');
    expect(model.weightsHash()).toBe(history.weightsHashes[best]);
  });

  test('the best is remembered when the run is interrupted', async () => {
    const [directory, other] = [temporaryFolder(), temporaryFolder()];
    const options = { workers: 1, epochs: 12 };
    const checkpoint = { directory, keepLast: 1, keepBest: 'valLoss' };
    const whole = await part(ADAM_CLIPPED, other, { ...options, checkpoint: { ...checkpoint, directory: other } });
    for (const maxSteps of [7, 20, 31, 44])
      await part(ADAM_CLIPPED, directory, { ...options, checkpoint, maxSteps, resume: true });
    const last = await part(ADAM_CLIPPED, directory, { ...options, checkpoint, resume: true });
    expect(resultOf(last)).toEqual(resultOf(whole));
    expect(checkpointSteps(directory)).toEqual(checkpointSteps(other));
    expect(last.checkpoints.best?.replace(directory, other)).toBe(whole.checkpoints.best);
  });
});

describe('a disk that takes none', () => {
  const vanishing = (directory: string): Callback => ({
    onEpochEnd: ({ epoch }) => (epoch === 2 ? rmSync(directory, { recursive: true }) : undefined),
  });

  test.each([1, 2])('ends the run with the error, %i workers', async (workers) => {
    const directory = temporaryFolder();
    const run = part(ADAM_CLIPPED, directory, { epochs: 100_000, workers, callbacks: [vanishing(directory)] });
    await expect(run).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' });
  });

  test.each([1, 2])("with onError: 'continue' the run goes on, and says so, %i workers", async (workers) => {
    const directory = temporaryFolder();
    const checkpoint = { directory, onError: 'continue' } as const;
    const history = await part(ADAM_CLIPPED, directory, {
      epochs: 6,
      workers,
      callbacks: [vanishing(directory)],
      checkpoint,
    });
    expect(resultOf(history)).toEqual(resultOf(await uninterrupted(ADAM_CLIPPED, 6)));
    expect(history.checkpoints.failed).toBeGreaterThan(0);
    const warnings = await takeWarnings();
    expect(warnings).toHaveLength(history.checkpoints.failed);
    for (const { code, message } of warnings) {
      expect(code).toBe('LOCKSTEP_CHECKPOINT_FAILED');
      expect(message).toMatch(/^No checkpoint after step \d+: .*FILE_NOT_WRITTEN/);
    }
  });

  test('one that is full: the older checkpoints stay whole, and the run can go on from them', async ({ skip }) => {
    const directory = temporaryFolder();
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory]).status === 0;
    skip(!mounted, 'Mounting a tmpfs is not permitted.');
    onTestFinished(() => void spawnSync('umount', [directory]));
    // 20 KB each, so that two or three of them fit.
    const checkpoint = { directory, keepLast: 100 };
    const run = part(ADAM_CLIPPED, directory, { epochs: 100_000, workers: 1, checkpoint });
    await expect(run).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN', cause: { code: 'ENOSPC' } });
    const kept = checkpointSteps(directory);
    expect(kept.length).toBeGreaterThan(0);
    const epochs = Math.ceil((kept.at(-1) ?? 0) / SMALL_STEPS) + 2;
    const elsewhere = await part(ADAM_CLIPPED, temporaryFolder(), {
      epochs,
      resume: newestCheckpoint(directory),
      workers: 1,
    });
    expect(resultOf(elsewhere)).toEqual(resultOf(await uninterrupted(ADAM_CLIPPED, epochs)));
  });
});

describe('a thread that breaks while the run stands still for a checkpoint', () => {
  test.each(['throw', 'exit', 'terminate'] as const)(
    '%s: the checkpoints are those of a run without faults',
    async (action) => {
      const directory = temporaryFolder();
      const { callback, written } = listening();
      // Step 2 is completed, and the run stands still, when the thread that ended it breaks.
      const faults = [0, 1].map((thread): Fault => ({ thread, step: 2, action, at: 'end' }));
      const checkpoint = { directory, everySteps: 1, keepLast: 100 };
      const options: Partial<FitOptions> = { epochs: 40, workers: 2, faults, callbacks: [callback], checkpoint };
      const history = await part(ADAM_CLIPPED, directory, options);
      expect(resultOf(history)).toEqual(resultOf(await uninterrupted(ADAM_CLIPPED, 40)));
      expect(written.length).toBeGreaterThan(2);
      for (const { steps, weightsHash } of written.slice(0, 10)) {
        const { weightsHash: expected } = await part(ADAM_CLIPPED, temporaryFolder(), {
          epochs: 40,
          maxSteps: steps,
          workers: 1,
        });
        expect(weightsHash, `after ${steps} steps`).toBe(expected);
      }
      const warnings = await takeWarnings();
      expect(warnings.map(({ code }) => code)).toEqual(history.restarts.map(() => 'LOCKSTEP_THREAD_REPLACED'));
      if (action !== 'terminate') expect(history.restarts.length).toBeGreaterThan(0);
    },
  );
});
