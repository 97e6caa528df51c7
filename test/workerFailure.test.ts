import { spawnSync } from 'node:child_process';
import type { Worker } from 'node:worker_threads';
import { type Dataset, type FitOptions, LockstepError, type Model, tensorDataset } from '@lockstep/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { breakingDataset, breakingModel, OPTIONS, ROWS, WIDTH } from './support/breakingRun.ts';
import { liveWorkers } from './support/liveWorkers.ts';
import { signedNumbers } from './support/numbers.ts';
import { catchWarnings } from './support/warnings.ts';

catchWarnings();

/** Generous for a busy machine, and far below a hang: threads notice an end within a quarter of a second. */
const PATIENCE = 20_000;

interface Break {
  readonly title: string;
  readonly options?: Partial<FitOptions>;
  readonly dataset?: () => Dataset;
  readonly workers: readonly number[];
  readonly expected: Partial<LockstepError> & { readonly code: string };
  /** What the attached cause says; null: the error is its own cause. */
  readonly cause: RegExp | null;
  /** Step before which everything went well; weights are those after so many steps. */
  readonly step: number;
}

const BREAKS: readonly Break[] = [
  {
    title: 'an exception in a worker, at the first step',
    workers: [2],
    options: { faults: [{ thread: 1, step: 0, action: 'throw' }] },
    step: 0,
    expected: { code: 'WORKER_FAILED', place: 'worker 1, step 1' },
    cause: /fault on purpose at step 0/,
  },
  {
    title: 'an exception in a worker, later',
    workers: [2],
    options: { faults: [{ thread: 0, step: 3, action: 'throw' }] },
    step: 3,
    expected: { code: 'WORKER_FAILED', place: 'worker 0, step 4' },
    cause: /fault on purpose at step 3/,
  },
  {
    title: 'a worker that exits',
    workers: [2],
    options: { faults: [{ thread: 1, step: 0, action: 'exit' }] },
    step: 0,
    expected: { code: 'WORKER_FAILED' },
    cause: /exit/i,
  },
  {
    title: 'an exception in the loader',
    workers: [1, 2],
    options: { faults: [{ thread: 'loader', step: 0, action: 'throw' }] },
    step: 0,
    expected: { code: 'LOADER_FAILED', place: 'loader, step 1' },
    cause: /fault on purpose at step 0/,
  },
  {
    title: 'a loader that exits',
    workers: [2],
    options: { faults: [{ thread: 'loader', step: 0, action: 'exit' }] },
    step: 0,
    expected: { code: 'LOADER_FAILED' },
    cause: /exit/i,
  },
  {
    title: 'a source that cannot be opened',
    workers: [1, 2],
    dataset: () => breakingDataset('throws on open', 0),
    step: 0,
    expected: { code: 'LOADER_FAILED' },
    cause: /no such table/,
  },
  {
    title: 'a source whose module does not exist',
    workers: [1, 2],
    dataset: () => withoutModule(),
    step: 0,
    expected: { code: 'LOADER_FAILED' },
    cause: /missing\.ts/,
  },
  {
    title: 'a source that is not parallel, though its dataset says so',
    workers: [1, 2],
    dataset: () => {
      const dataset = breakingDataset('none', 0);
      return { ...dataset, source: { ...dataset.source, parallel: true } };
    },
    step: 0,
    expected: { code: 'INVALID_OPTION' },
    cause: null,
  },
  {
    title: 'a source that throws in the middle',
    workers: [1, 2],
    dataset: () => breakingDataset('throws at a row', 42),
    step: 2,
    expected: { code: 'LOADER_FAILED', place: 'loader, step 3' },
    cause: /row 42 is torn/,
  },
  {
    title: 'a label out of range in the middle',
    workers: [1, 2],
    dataset: () => breakingDataset('label out of range at a row', 42),
    step: 2,
    expected: { code: 'LABEL_OUT_OF_RANGE', place: 'faulty table, row 42', received: '2' },
    cause: null,
  },
  {
    title: 'a loss that is not a number',
    workers: [1, 2],
    dataset: () => breakingDataset('NaN at a row', 42),
    step: 2,
    expected: { code: 'LOSS_NOT_FINITE', place: 'fit, step 3: features' },
    cause: null,
  },
  {
    title: 'a source that never answers',
    workers: [2],
    dataset: () => breakingDataset('hangs at a row', 42),
    options: { stepTimeout: 1 },
    step: 2,
    expected: { code: 'STEP_TIMEOUT' },
    cause: null,
  },
];

const breaks = BREAKS.flatMap((one) => one.workers.map((count) => ({ ...one, count })));

describe('a run that breaks, and may replace no thread', () => {
  test.each(breaks)(
    'rejects with its cause, leaves no thread and a usable model: $title, $count workers',
    { timeout: PATIENCE },
    async ({ options, dataset, expected, cause, step, count }) => {
      const model = breakingModel();
      const run = model.fit(dataset?.() ?? breakingDataset('none', 0), {
        ...{ ...OPTIONS, workers: count, maxWorkerRestarts: 0 },
        ...options,
      });
      const error = await run.then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(LockstepError);
      expect(error).toMatchObject(expected);
      if (cause !== null) expect(String((error as LockstepError).cause)).toMatch(cause);
      expect(liveWorkers()).toBe(0);

      // The loader runs ahead of the steps, so some of the steps before a bad row may not have been done; none is half done.
      const hashes = await Promise.all(Array.from({ length: step + 1 }, (_, steps) => hashAfter(steps)));
      expect(hashes).toContain(model.weightsHash());
      if (expected.code === 'LOSS_NOT_FINITE') expect(model.weightsHash()).toBe(hashes[step]);
      await trainsAsNew(model);
    },
  );

  test('the count of threads sees those of a run', { timeout: PATIENCE }, async () => {
    const counts: number[] = [];
    const onEpochEnd = (): void => void counts.push(liveWorkers());
    const options = { ...OPTIONS, workers: 2, epochs: 3, callbacks: [{ onEpochEnd }] };
    await breakingModel().fit(breakingDataset('none', 0), options);
    // Two that compute and the loader, which has still epochs to load after the first, and may have ended later.
    expect(counts[0]).toBe(3);
    expect(liveWorkers()).toBe(0);
  });

  test('an error in a thread without a task ends the run', { timeout: PATIENCE }, async () => {
    // One step an epoch. While the first epoch's callback waits, the loader loads the other two batches, ends its task, and
    // throws. Its error reaches this thread before its end does.
    const ended = Promise.withResolvers<void>();
    const listen = (worker: Worker): void => void worker.once('exit', ended.resolve);
    process.on('worker', listen);
    onTestFinished(() => void process.off('worker', listen));
    const run = breakingModel().fit(breakingDataset('throws after its end, outside the task', 0), {
      ...{ ...OPTIONS, batchSize: ROWS, workers: 2, epochs: 3 },
      callbacks: [{ onEpochEnd: () => ended.promise }],
    });
    await expect(run).rejects.toMatchObject({
      code: 'WORKER_FAILED',
      place: 'thread pool',
      cause: { message: 'late' },
    });
    expect(liveWorkers()).toBe(0);
  });

  test('a program whose run broke ends by itself, with every thread gone', { timeout: 2 * PATIENCE }, () => {
    const script = new URL('./support/breakingRun.ts', import.meta.url).pathname;
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--conditions=lockstep-source', script], {
      encoding: 'utf8',
      timeout: PATIENCE,
    });
    expect({ signal, stderr }).toEqual({ signal: null, stderr: '' });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual(['WORKER_FAILED', 'WORKER_FAILED', 'LOADER_FAILED', 'LOADER_FAILED', 'trained']);
  });
});

async function hashAfter(steps: number): Promise<string> {
  const model = breakingModel();
  if (steps > 0) await model.fit(breakingDataset('none', 0), { ...OPTIONS, workers: 1, maxSteps: steps });
  return model.weightsHash();
}

/** Trains as a model with the same weights does that has never seen a failure. */
async function trainsAsNew(model: Model): Promise<void> {
  const fresh = breakingModel();
  fresh.setWeights(model.getWeights());
  const [one, other] = [model, fresh].map((each) => each.fit(breakingDataset('none', 0), { ...OPTIONS, workers: 1 }));
  expect((await one).weightsHash).toBe((await other).weightsHash);
}

function withoutModule(): Dataset {
  const features = signedNumbers(ROWS * WIDTH, 1);
  const dataset = tensorDataset({ features, labels: new Uint8Array(ROWS), featureShape: [WIDTH] });
  return { ...dataset, source: { ...dataset.source, module: new URL('./missing.ts', import.meta.url).href } };
}
