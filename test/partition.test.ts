import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createModel, createRows, differsInTraining, NETWORKS, type NetworkCase, type Rows } from './cases.ts';
import { batchLoss, distanceFromKinks, numericGradients, oracleOf, STEP } from './oracle/denseNetwork.ts';
import { relativeError } from './support/compare.ts';

/** As in gradients.test.ts: the worst of 1,500 draws was off by 1.7e-6 of the largest entry. */
const BOUND = 1e-5;

const MAXIMUM_ROWS = 40;

/** Weights that float32 holds exactly, about a quarter of them 0, at least one of them not. */
const weights = (rows: number): fc.Arbitrary<number[]> =>
  fc
    .array(
      fc.oneof(
        { weight: 1, arbitrary: fc.constant(0) },
        { weight: 3, arbitrary: fc.integer({ min: 1, max: 64 }).map((n) => n / 8) },
      ),
      {
        minLength: rows,
        maxLength: rows,
      },
    )
    .filter((all) => all.some((weight) => weight > 0));

const batches = fc
  .record({
    network: fc.constantFrom(...NETWORKS),
    seed: fc.integer({ min: 0, max: 1_000_000 }),
    rows: fc.integer({ min: 1, max: MAXIMUM_ROWS }),
  })
  .chain(({ network, seed, rows }) =>
    fc.record({
      network: fc.constant(network),
      seed: fc.constant(seed),
      rows: fc.constant(rows),
      sampleWeights: fc.option(weights(rows), { nil: undefined }),
      shards: fc.oneof(fc.constant('auto' as const), fc.integer({ min: 1, max: rows + 2 })),
      /** Where a batch is cut by hand. */
      cuts: fc.uniqueArray(fc.integer({ min: 1, max: Math.max(1, rows - 1) }), { maxLength: 5 }),
    }),
  );

describe('a gradient is that of its batch, however the batch is cut', () => {
  test('into logical shards', () =>
    check(60, async ({ network, seed, rows, sampleWeights, shards }) => {
      const model = createModel(network, seed);
      const oracle = oracleOf(model);
      const training = differsInTraining(model) ? { seed: 0, step: 0, shardRows: shardRows(rows, shards) } : undefined;
      const batch = { ...createRows(network, rows, seed), sampleWeights, training };
      fc.pre(distanceFromKinks(oracle, batch) > 5 * STEP);
      const { loss, gradients } = await gradientsOf({ network, seed, batch, sampleWeights, shards });
      expect(Math.abs(loss - batchLoss(oracle, batch, network.loss))).toBeLessThan(BOUND * Math.max(1, loss));
      for (const [name, values] of Object.entries(numericGradients(oracle, batch, network.loss))) {
        expect(relativeError(gradients[name], values), name).toBeLessThan(BOUND);
      }
    }));

  test('by hand, into parts that are weighed by their weights', () =>
    check(60, async (drawn) => {
      const { network, seed, rows, sampleWeights, shards, cuts } = drawn;
      const batch = createRows(network, rows, seed);
      // In training, masks and statistics would be those of the parts.
      const whole = await gradientsOf({ network, seed, batch, sampleWeights, shards: 1, training: false });
      const edges = [0, ...cuts.filter((cut) => cut < rows).toSorted((a, b) => a - b), rows];
      const sums = Object.fromEntries(
        Object.entries(whole.gradients).map(([name, { length }]) => [name, new Float64Array(length)]),
      );
      let total = 0;
      for (let part = 0; part + 1 < edges.length; part++) {
        const [begin, end] = [edges[part], edges[part + 1]];
        const partWeights = (sampleWeights ?? Array.from({ length: rows }, () => 1)).slice(begin, end);
        const weight = partWeights.reduce((a, b) => a + b, 0);
        if (weight === 0) continue;
        const { gradients } = await gradientsOf({
          ...{ network, seed, shards, sampleWeights: partWeights, training: false },
          batch: slice(network, batch, begin, end),
        });
        for (const [name, sum] of Object.entries(sums)) sum.forEach((_, i) => (sum[i] += weight * gradients[name][i]));
        total += weight;
      }
      for (const [name, sum] of Object.entries(sums)) {
        expect(
          relativeError(
            whole.gradients[name],
            sum.map((value) => value / total),
          ),
          name,
        ).toBeLessThan(BOUND);
      }
    }));

  test('the same cut gives the same bits, whatever ran before', () =>
    check(40, async (drawn) => {
      const { network, seed, rows, sampleWeights, shards } = drawn;
      const batch = createRows(network, rows, seed);
      const first = await gradientsOf({ network, seed, batch, sampleWeights, shards });
      await gradientsOf({ network, seed, batch, sampleWeights, shards: 1 });
      const second = await gradientsOf({ network, seed, batch, sampleWeights, shards });
      expect(bitsOf(second)).toEqual(bitsOf(first));
    }));

  test('as many shards as rows, or more, is one shard a row', () =>
    check(20, async (drawn) => {
      const { network, seed, rows, sampleWeights } = drawn;
      const batch = createRows(network, rows, seed);
      const exact = await gradientsOf({ network, seed, batch, sampleWeights, shards: rows });
      const more = await gradientsOf({ network, seed, batch, sampleWeights, shards: rows + 7 });
      expect(bitsOf(more)).toEqual(bitsOf(exact));
    }));
});

type Drawn = typeof batches extends fc.Arbitrary<infer T> ? T : never;

function check(numRuns: number, property: (drawn: Drawn) => Promise<void>): Promise<void> {
  return fc.assert(fc.asyncProperty(batches, property), { numRuns });
}

interface Cut {
  readonly network: NetworkCase;
  readonly seed: number;
  readonly batch: Rows;
  readonly sampleWeights: readonly number[] | undefined;
  readonly shards: number | 'auto';
  readonly training?: boolean;
}

/** Rows of a shard where statistics are of shards: whole blocks of eight, and 'auto' does not cut so few rows. */
function shardRows(rows: number, shards: number | 'auto'): number {
  return 8 * Math.ceil(rows / (shards === 'auto' ? 1 : Math.min(shards, rows)) / 8);
}

const models = new Map<string, ReturnType<typeof createModel>>();

async function gradientsOf({
  network,
  seed,
  batch,
  sampleWeights,
  shards,
  training = true,
}: Cut): ReturnType<ReturnType<typeof createModel>['gradients']> {
  const key = `${network.name} ${seed}`;
  const model = models.get(key) ?? createModel(network, seed);
  models.clear();
  models.set(key, model);
  const { features, labels } = batch;
  return model.gradients({
    ...{ features, labels, loss: network.loss, shards, training },
    ...(sampleWeights === undefined ? {} : { sampleWeights }),
  });
}

function slice({ inputs }: NetworkCase, { features, labels }: Rows, begin: number, end: number): Rows {
  const width = (labels.length * inputs) / features.length;
  return { features: features.slice(begin * inputs, end * inputs), labels: labels.slice(begin * width, end * width) };
}

function bitsOf({ loss, gradients }: { loss: number; gradients: Readonly<Record<string, Float32Array>> }): unknown {
  return { loss, gradients: Object.values(gradients).map((values) => [...new Uint32Array(values.buffer)]) };
}
