import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildSpec } from '../model/build.ts';
import { dense } from '../model/layers.ts';
import { sgd } from '../optim/sgd.ts';
import { compilePlan } from '../plan/compile.ts';
import { layOutModel } from '../plan/modelLayout.ts';
import { LoadingWorld } from '../testing/loadingWorld.ts';
import { Arena, controlWords } from './arena.ts';
import { isBefore, WINDOW_SLOTS, WORD } from './control.ts';

const part = fc.record({
  chunkRows: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
  windowBytes: fc.integer({ min: 1, max: 80 }),
  seed: fc.option(fc.integer({ min: 0, max: 1000 })),
  waits: fc.boolean(),
});

const worlds = fc.record({
  train: part,
  evaluation: fc.option(part),
  batchSize: fc.integer({ min: 1, max: 30 }),
  batchSlots: fc.constantFrom(1, 2, 4),
  windowSlots: fc.integer({ min: 1, max: 3 }),
  readers: fc.integer({ min: 1, max: 3 }),
  epochs: fc.integer({ min: 1, max: 3 }),
  /** What is done, as far as it can be. The rest of the run follows in order. */
  moves: fc.array(
    fc.constantFrom('fill', 'fill', 'load ahead', 'load ahead', 'consume', 'read', 'miss', 'replace', 'break'),
    {
      maxLength: 60,
    },
  ),
  maxSteps: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
});

test('batches are those of the order, whenever windows are loaded, threads gather and loaders are replaced', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async (options) => {
      const world = new LoadingWorld(options);
      await world.open();
      for (const move of options.moves) await world.move(move);
      while (!world.done) for (const move of ['fill', 'load ahead', 'consume'] as const) await world.move(move);
      if (options.moves.some((move) => move === 'replace' || move === 'break')) return;
      // Every chunk that a step needs, once an epoch.
      const most = options.epochs;
      expect(world.loads.train.every((loads) => loads <= most)).toBe(true);
      if (options.maxSteps === undefined) expect([...world.loads.train]).toEqual([...world.loads.train].fill(most));
      expect(world.loads.evaluation.every((loads) => loads <= most)).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test('a window is loaded ahead, chunk by chunk, when its slot is free and not before', async () => {
  const train = { chunkRows: [8, 8, 8, 8, 8, 8], windowBytes: 64, seed: null, waits: false };
  const world = new LoadingWorld({
    ...{ train, evaluation: null, batchSize: 8, batchSlots: 4, windowSlots: 2, readers: 1, epochs: 2 },
    maxSteps: undefined,
  });
  await world.open();
  const loads = (): number => world.loads.train.reduce((sum, count) => sum + count, 0);
  await world.fill();
  expect(loads()).toBe(2);
  for (const expected of [3, 4, 4, 4]) {
    await world.move('load ahead');
    expect(loads()).toBe(expected);
  }
  // The second batch is the last with rows of the first window, and the third the first with rows of the second.
  for (let i = 0; i < 2; i++) await world.fill();
  for (const consumed of [1, 2]) {
    await world.move('load ahead');
    expect(loads()).toBe(4);
    world.consume();
    expect(consumed).toBeLessThan(3);
  }
  for (const expected of [5, 6, 6]) {
    await world.move('load ahead');
    expect(loads()).toBe(expected);
  }
  // Into the next epoch.
  for (let i = 0; i < 3; i++) await world.fill();
  for (let i = 0; i < 2; i++) world.consume();
  for (const expected of [7, 8]) {
    await world.move('load ahead');
    expect(loads()).toBe(expected);
  }
});

const inFileOrder = { windowBytes: 64, seed: null, waits: false };
const small = { evaluation: null, batchSlots: 2, windowSlots: 2, readers: 1, maxSteps: undefined };

test('what is given up while it is waited for loads no other chunk, and writes no batch', async () => {
  const train = { ...inFileOrder, chunkRows: [4, 4, 4, 4], waits: true };
  const world = new LoadingWorld({ ...small, train, batchSize: 8, epochs: 1 });
  await world.open();
  await world.giveUp();
  expect([...world.loads.train]).toEqual([1, 0, 0, 0]);
  while (!world.done) for (const move of ['fill', 'consume'] as const) await world.move(move);
  expect([...world.loads.train]).toEqual([2, 1, 1, 1]);
});

test('windows without rows at the end of an epoch are left out', async () => {
  const train = { ...inFileOrder, windowBytes: 4, chunkRows: [8, 0, 8, 0] };
  const world = new LoadingWorld({ ...small, train, batchSize: 6, epochs: 2 });
  await world.open();
  while (!world.done) for (const move of ['fill', 'load ahead', 'consume'] as const) await world.move(move);
  expect([...world.loads.train]).toEqual([2, 2, 2, 0]);
});

test('what others could not load, the loader does when its rows are due, and not before', async () => {
  const train = { ...inFileOrder, chunkRows: [8, 8, 8, 8, 8, 8], windowBytes: 96 };
  const world = new LoadingWorld({
    ...small,
    train,
    batchSize: 8,
    batchSlots: 4,
    windowSlots: 3,
    readers: 3,
    epochs: 1,
  });
  await world.open();
  await world.move('fill');
  for (const move of ['load ahead', 'miss', 'load ahead', 'load ahead', 'load ahead'] as const) await world.move(move);
  // Of the second window, the first chunk is the loader's own.
  expect([...world.loads.train]).toEqual([1, 1, 1, 1, 0, 0]);
  for (let i = 0; i < 2; i++) await world.fill();
  expect([...world.loads.train]).toEqual([1, 1, 1, 1, 0, 0]);
  await world.fill();
  expect([...world.loads.train]).toEqual([1, 1, 1, 1, 1, 1]);
  while (!world.done) await world.move('consume').then(() => world.move('fill'));
});

test('every window slot is free when a run begins, and stays so until it is used', () => {
  const spec = buildSpec([dense(1)], { inputShape: [1] });
  const arena = new Arena(layOutModel(spec).end);
  const plan = compilePlan({
    ...{ spec, purpose: 'train', loss: { kind: 'meanSquaredError' }, optimizer: sgd(), batchSize: 4, shards: 'auto' },
    ...{ slots: 1, threads: 1, begin: arena.used },
  });
  const start = 2 ** 31 - 2;
  arena.attach(plan, start);
  const used = controlWords(arena.memory.buffer, plan).subarray(WORD.windowUsed, WORD.windowUsed + WINDOW_SLOTS);
  for (const last of used) for (const consumed of [start, start + 100]) expect(isBefore(last, consumed)).toBe(true);
});
