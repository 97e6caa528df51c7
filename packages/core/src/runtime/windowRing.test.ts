import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LoadingWorld } from '../testing/loadingWorld.ts';

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
  moves: fc.array(fc.constantFrom('fill', 'fill', 'load ahead', 'load ahead', 'consume', 'read', 'replace', 'break'), {
    maxLength: 60,
  }),
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
