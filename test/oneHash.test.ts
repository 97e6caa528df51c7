import { execFileSync } from 'node:child_process';
import { loadKernels } from '@lockstep/kernels';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NETWORKS, OPTIMIZERS, SHARDS, train, updateOptions, UPDATES, WEIGHTINGS } from './cases.ts';
import { hashOfReferenceRun } from './support/referenceRun.ts';
import { catchWarnings } from './support/warnings.ts';

// Small batches leave threads without work, on purpose.
catchWarnings('LOCKSTEP_IDLE_CORES');

/**
 * One run, one SHA-256, for any number of threads. Starting threads takes a third of a second, so of the table every
 * network meets a thirteenth of the optimizers, and every optimizer a thirteenth of the networks, with the ways of cutting a batch,
 * of making updates and the numbers of threads in turn.
 */
const board = NETWORKS.flatMap((network, n) =>
  OPTIMIZERS.map((optimizer, o) => ({
    ...{ network, optimizer, chosen: (2 * n + o) % 13 === 0, title: `${network.name}, ${optimizer.name}` },
  })),
)
  .filter(({ chosen }) => chosen)
  .map((pair, i) => ({
    ...{ ...pair, shards: SHARDS[i % SHARDS.length], update: UPDATES[i % UPDATES.length] },
    workers: 2 + (Math.floor(i / SHARDS.length) % 2),
  }));

describe('networks and optimizers have one hash', () => {
  test.each(board)('$title, $update.name, shards $shards, workers $workers', async (drawn) => {
    const { network, optimizer, update, shards, workers } = drawn;
    // Four batches, the last one of two rows; what is accumulated at the end of an epoch are fewer batches than asked for.
    const run = { rows: 50, validationRows: 0, seed: 3 };
    const options = { batchSize: 16, epochs: 2, shards, ...updateOptions(optimizer, update) };
    const alone = await train(network, run, { ...options, workers: 1 });
    const together = await train(network, run, { ...options, workers });
    expect(together).toEqual(alone);
    expect(alone.hash).not.toBe((await train(network, run, { ...options, workers: 1, maxSteps: 1 })).hash);
  });
});

/** Every update has its name; norms from far below those of these networks' gradients to far above. */
const clipNorms = fc.constantFrom(1e-3, 0.1, 0.5, 1, 1e6);
const accumulateGradBatches = fc.integer({ min: 1, max: 5 });
const updates = fc.oneof(
  fc.record({
    options: fc.record({ accumulateGradBatches, gradientClipNorm: clipNorms }, { requiredKeys: [] }),
  }),
  fc.record({ options: fc.record({ accumulateGradBatches }), clipNorm: clipNorms }),
);

const runs = fc.record({
  network: fc.constantFrom(...NETWORKS),
  optimizer: fc.constantFrom(...OPTIMIZERS),
  update: updates,
  weighting: fc.constantFrom(...WEIGHTINGS),
  rows: fc.integer({ min: 1, max: 60 }),
  batchSize: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 70 })),
  shards: fc.oneof(fc.constantFrom(...SHARDS), fc.integer({ min: 1, max: 80 })),
  epochs: fc.integer({ min: 1, max: 2 }),
  shuffle: fc.boolean(),
  validationRows: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })),
  maxSteps: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
  seed: fc.integer({ min: 0, max: 2 ** 40 }),
  inWindows: fc.boolean(),
  windowBytes: fc.constantFrom(2 ** 20, 2 ** 22),
  readers: fc.integer({ min: 1, max: 3 }),
  workers: fc.integer({ min: 2, max: 8 }),
  /** Whether callbacks come between the steps of the run on many threads. */
  pauses: fc.boolean(),
});

test('random runs have one hash and one history on 1 to 8 threads', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(runs, async (drawn) => {
      const { network, optimizer, update, batchSize, shards, epochs, shuffle, maxSteps, seed, workers, pauses } = drawn;
      const { windowBytes, readers } = drawn;
      const options = {
        ...{ windowBytes, batchSize, shards, epochs, shuffle, seed, ...updateOptions(optimizer, update) },
        ...(maxSteps === undefined ? {} : { maxSteps }),
      };
      const alone = await train(network, drawn, { ...options, workers: 1 });
      const callbacks = pauses ? [{ onBatchEnd: () => {} }] : [];
      expect(await train(network, drawn, { ...options, workers, readers, callbacks }), `${workers} workers`).toEqual(
        alone,
      );
    }),
    { numRuns: 20 },
  );
});

test('more threads than shards and units of work', async () => {
  const run = { rows: 20, validationRows: 3, seed: 8 };
  const options = { batchSize: 7, epochs: 2, shards: 2, optimizer: OPTIMIZERS[0].create() };
  const alone = await train(NETWORKS[0], run, { ...options, workers: 1 });
  expect(await train(NETWORKS[0], run, { ...options, workers: 4 })).toEqual(alone);
});

test.runIf(loadKernels().fusedMultiplyAdd)('the plain JavaScript kernels give the same hash', async () => {
  const script = new URL('./support/referenceRun.ts', import.meta.url);
  const reference = execFileSync(process.execPath, ['--conditions=lockstep-source', script.pathname], {
    env: { ...process.env, LOCKSTEP_KERNELS: 'reference' },
    encoding: 'utf8',
  });
  expect(JSON.parse(reference)).toEqual({ kernels: 'reference', hashes: await hashOfReferenceRun() });
});
