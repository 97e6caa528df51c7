import { dense, type FitOptions, flatten, sequential, slice, tensorDataset } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from './support/folder.ts';
import { liveWorkers } from './support/liveWorkers.ts';
import { rowsOf } from './support/rowsOf.ts';
import { catchWarnings } from './support/warnings.ts';
import { windowedDataset, WINDOWED_CLASSES, windowedRows } from './support/windowedDataset.ts';
import {
  OPTIONS,
  outcomeOf,
  ROWS,
  train,
  untroubled,
  validationOf,
  windowedModel,
  WINDOWS,
} from './support/windowedRun.ts';

/** Datasets whose rows threads gather from windows in shared memory. More of it: test/soak/windows.soak.ts. */
const takeWarnings = catchWarnings('LOCKSTEP_IDLE_CORES');

const [ONE, FEW, SMALL, ROW_BY_ROW] = WINDOWS;
const counts = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(length * 4));

describe('rows of windows are those of arrays', () => {
  const fileOrder: FitOptions = { shuffle: false, workers: 1 };

  test.each(WINDOWS)('in file order: $name', async (options) => {
    const inArrays = windowedRows(ROWS);
    const expected = await train(inArrays, { ...fileOrder, validation: slice(inArrays, 7, 61) });
    const validation = validationOf(options);
    expect(await train(windowedDataset(options), { ...fileOrder, validation })).toEqual(expected);
  });

  test.each(WINDOWS)('shuffled, in the order in which one thread reads them: $name', async (options) => {
    const dataset = windowedDataset(options);
    const rows = await rowsOf(dataset, { seed: 0, windowBytes: OPTIONS.windowBytes });
    const inArrays = tensorDataset({
      features: rows.flatMap(({ features }) => features),
      labels: rows.map(({ label }) => Number(label)),
      sampleWeights: rows.map(({ weight }) => weight),
      featureShape: dataset.featureShape,
    });
    const [expected] = (await train(inArrays, { ...fileOrder, epochs: 1 })).weightsHashes;
    expect((await train(dataset, { workers: 1, epochs: 1 })).weightsHashes).toEqual([expected]);
  });
});

test.each([
  { ...FEW, workers: 3, readers: 1 },
  { ...SMALL, workers: 2, readers: 3 },
  { ...ROW_BY_ROW, workers: 3, readers: 2 },
])('threads have the bits of one, and load every chunk once an epoch: $name, $readers readers', async (options) => {
  const { workers, readers, chunkRows } = options;
  const [loads, seen] = [counts(chunkRows.length), counts(chunkRows.length)];
  const validation = windowedDataset({ ...options, loads: seen });
  const outcome = await train(windowedDataset({ ...options, loads }), { workers, readers, validation });
  expect(outcome).toEqual(await train(windowedDataset(options), { workers: 1, validation: windowedDataset(options) }));
  expect([...loads]).toEqual(chunkRows.map(() => 2));
  expect([...seen]).toEqual(chunkRows.map(() => 2));
});

test('chunks of a sequential dataset stay in their order, and rows of its windows are shuffled', async () => {
  const [ahead, shuffled] = [true, false].map((isKept) => windowedDataset({ ...SMALL, sequential: isKept }));
  const reading = { seed: 0, windowBytes: OPTIONS.windowBytes };
  const inOrder = await rowsOf(ahead);
  const rows = await rowsOf(ahead, reading);
  for (let at = 0; at < ROWS; at += 4) {
    const window = rows.slice(at, at + 4).map((row) => JSON.stringify(row));
    expect(window.toSorted()).toEqual(
      inOrder
        .slice(at, at + 4)
        .map((row) => JSON.stringify(row))
        .toSorted(),
    );
  }
  expect(rows).not.toEqual(inOrder);
  expect(rows).not.toEqual(await rowsOf(shuffled, reading));
});

test('one worker loads every chunk once an epoch', async () => {
  for (const options of WINDOWS) {
    const loads = counts(options.chunkRows.length);
    await train(windowedDataset({ ...options, loads }), { workers: 1, validation: validationOf(options) });
    expect([...loads], options.name).toEqual(options.chunkRows.map(() => 2));
  }
});

test('windows that no step needs are not loaded', async () => {
  const loads = counts(SMALL.chunkRows.length);
  await train(windowedDataset({ ...SMALL, loads }), { workers: 2, maxSteps: 1 });
  // A batch of 24 rows, in chunks of two.
  expect(loads.reduce((sum, count) => sum + count, 0)).toBe(12);
});

test('a run goes on in the middle of a window, and of an epoch', async () => {
  const directory = temporaryFolder();
  const dataset = windowedDataset(FEW);
  const options = { validation: validationOf(FEW), checkpoint: { directory }, resume: true };
  await train(dataset, { ...options, workers: 1, maxSteps: 3 });
  const { weightsHashes } = await train(dataset, { ...options, workers: 2 });
  expect(weightsHashes).toEqual((await untroubled(FEW)).weightsHashes);
});

test('other windows are another order: a run with them does not go on', async () => {
  const directory = temporaryFolder();
  const checkpoint = { directory };
  await train(windowedDataset(FEW), { checkpoint, workers: 1, maxSteps: 1 });
  const other = train(windowedDataset(FEW), { checkpoint, resume: true, workers: 1, windowBytes: 2 ** 21 });
  await expect(other).rejects.toMatchObject({
    ...{
      code: 'CHECKPOINT_MISMATCH',
      received: expect.stringContaining('fit.windowBytes is 1048576 in the checkpoint'),
    },
  });
});

test('windows that do not fit into the memory of a model are refused before any is taken', async () => {
  const dataset = windowedDataset({ chunkRows: Array.from({ length: 64 }, () => 1), rowBytes: 2 ** 26 });
  await expect(train(dataset, { workers: 2, windowBytes: 2 ** 32 })).rejects.toMatchObject({
    code: 'MEMORY_EXCEEDED',
    received: expect.stringContaining('2 windows: '),
    advice: expect.stringContaining('windowBytes'),
  });
});

describe('what goes wrong', () => {
  test('a loader, a reader and a worker that break amid windows are replaced', async () => {
    const history = await windowedModel().fit(windowedDataset(SMALL), {
      ...{ ...OPTIONS, validation: validationOf(SMALL), workers: 2, readers: 2, maxWorkerRestarts: 4 },
      faults: [
        { thread: 'reader 1', step: 1, action: 'exit', at: 'chunk' },
        { thread: 'loader', step: 2, action: 'exit', at: 'chunk' },
        { thread: 0, step: 3, action: 'throw', at: 'compute' },
        { thread: 1, step: 3, action: 'throw', at: 'compute' },
      ],
    });
    expect((await takeWarnings()).length).toBe(history.restarts.length);
    expect(history.restarts.map(({ thread }) => thread)).toEqual(expect.arrayContaining(['loader', 'reader 1']));
    const reader = history.restarts.find(({ thread }) => thread === 'reader 1');
    expect(reader?.place).toMatch(/^(evaluation )?step \d+( of epoch \d)?, loading a window$/);
    expect(outcomeOf(history)).toEqual(await untroubled(SMALL));
    expect(liveWorkers()).toBe(0);
  });

  test.each([1, 2])('a chunk that cannot be read once is read by the next loader, %i workers', async (workers) => {
    const fault = { chunk: 4, kind: 'throws', times: 1, wrong: counts(1) } as const;
    const history = await windowedModel().fit(windowedDataset({ ...FEW, fault }), {
      ...{ ...OPTIONS, workers, validation: validationOf(FEW) },
    });
    expect(await takeWarnings()).toHaveLength(1);
    expect(history.restarts.map(({ thread, cause }) => `${thread}: ${cause}`)).toEqual(['loader: chunk 4 is torn']);
    expect(outcomeOf(history)).toEqual(await untroubled(FEW));
  });

  test.each([
    { workers: 1, readers: 1 },
    { workers: 2, readers: 1 },
    { workers: 2, readers: 2 },
  ])('a chunk that cannot be read ends the run, $workers workers, $readers readers', async (threads) => {
    const fault = { chunk: 4, kind: 'throws', times: 9, wrong: counts(1) } as const;
    const run = train(windowedDataset({ ...FEW, fault }), { ...threads, shuffle: false, maxWorkerRestarts: 0 });
    await expect(run).rejects.toMatchObject({ code: 'LOADER_FAILED', cause: { message: 'chunk 4 is torn' } });
    // In file order it is the second chunk of its window.
    if (threads.readers === 2)
      await expect(run).rejects.toMatchObject({ place: expect.stringMatching(/^reader 1, step/) });
    expect(liveWorkers()).toBe(0);
  });

  test('what another thread finds wrong with a chunk is told when its rows are due, and not before', async () => {
    const wrong = counts(1);
    const fault = { chunk: 4, kind: 'damaged', times: 9, wrong } as const;
    let steps = 0;
    const onBatchEnd = async (): Promise<void> => {
      steps++;
      // By the reader, while the first batches are there.
      for (let i = 0; i < 1000 && Atomics.load(wrong, 0) === 0; i++) await new Promise((done) => setTimeout(done, 5));
    };
    const threads = { workers: 2, readers: 2, batchSize: 1, shards: 1 };
    const run = train(windowedDataset({ ...FEW, fault }), { ...threads, shuffle: false, callbacks: [{ onBatchEnd }] });
    await expect(run).rejects.toMatchObject({ code: 'INVALID_DATA', place: 'chunk 4' });
    // Its window begins with row 42, which the loader comes to when all but 32 batches are done with.
    expect(steps).toBeGreaterThanOrEqual(42 - 32);
    expect(Atomics.load(wrong, 0)).toBe(2);
  });

  test('windows that are not of the features are refused before they are read', async () => {
    const dataset = { ...windowedDataset(ONE), featureShape: [3, 3] };
    const model = sequential([flatten(), dense(WINDOWED_CLASSES, { activation: 'softmax' })], { inputShape: [3, 3] });
    await expect(model.fit(dataset, { ...OPTIONS, workers: 1 })).rejects.toMatchObject({
      ...{ code: 'INVALID_OPTION', place: 'dataset.windows.runs' },
    });
  });

  test('a wrong label is told with its row', async () => {
    const fault = { chunk: 3, kind: 'label', times: 9, wrong: counts(1) } as const;
    await expect(train(windowedDataset({ ...ONE, fault }), { workers: 1, shuffle: false })).rejects.toMatchObject({
      ...{ code: 'LABEL_OUT_OF_RANGE', place: 'windowed table, row 0' },
    });
  });

  test('windows of another layout than the dataset says are refused', async () => {
    const dataset = windowedDataset(ONE);
    const windows = { ...dataset.windows!, runs: [{ kind: 'float32', width: 7, subtract: 0, factor: 1 }] as const };
    await expect(train({ ...dataset, windows }, { workers: 1 })).rejects.toMatchObject({ code: 'INVALID_DATA' });
  });
});
