import type { BatchNormalizationSpec, LayerSpec } from '@lockstep/core';

/** A training step, as far as layers compute otherwise in it. */
export interface OracleTraining {
  /** Of the masks of dropout, and the number of the step in its run. */
  readonly seed: number;
  readonly step: number;
  /** Rows of a shard, of which statistics are computed; default: all. */
  readonly shardRows?: number;
}

/** What of a layer it needs: see OracleLayer. */
interface TrainingLayer {
  readonly spec: LayerSpec;
  readonly lastDimension: number;
  readonly parameters: Readonly<Record<string, { readonly values: ArrayLike<number> }>>;
  readonly constants: Readonly<Record<string, { readonly values: ArrayLike<number> }>>;
  readonly dropouts: number;
}

/** What a layer computes from the rows of a batch that it does not take one by one; null for all others. */
export function batchOutputs(
  layer: TrainingLayer,
  rows: readonly (readonly number[])[],
  training: OracleTraining | undefined,
): readonly (readonly number[])[] | null {
  const { spec, dropouts } = layer;
  if (spec.kind === 'batchNormalization') {
    const shard = training === undefined ? rows.length : (training.shardRows ?? rows.length);
    return Array.from({ length: Math.ceil(rows.length / shard) }, (_, i) => {
      const own = rows.slice(i * shard, (i + 1) * shard);
      return normalized(layer, spec, own, training !== undefined);
    }).flat();
  }
  if (spec.kind !== 'dropout') return null;
  if (training === undefined || spec.rate === 0) return rows;
  const key = { seed: spec.seed ?? training.seed, layer: dropouts, step: training.step };
  const rate = Math.fround(spec.rate);
  return rows.map((values, row) =>
    values.map((value, column) => (dropoutNumber(key, row, column) < rate * 2 ** 32 ? 0 : value / (1 - rate))),
  );
}

function normalized(
  { lastDimension, parameters, constants }: TrainingLayer,
  { epsilon }: BatchNormalizationSpec,
  rows: readonly (readonly number[])[],
  training: boolean,
): readonly (readonly number[])[] {
  const { mean, variance } = training
    ? statistics(rows, lastDimension)
    : { mean: constants['movingMean'].values, variance: constants['movingVariance'].values };
  return rows.map((row) =>
    row.map((value, at) => {
      const j = at % lastDimension;
      const x = (value - mean[j]) / Math.sqrt(variance[j] + epsilon);
      return (parameters['gamma']?.values[j] ?? 1) * x + (parameters['beta']?.values[j] ?? 0);
    }),
  );
}

/** Mean and biased variance of each number of the last dimension. */
export function statistics(
  rows: readonly (readonly number[])[],
  columns: number,
): { readonly mean: number[]; readonly variance: number[] } {
  const columnsOf = (j: number): number[] => rows.flatMap((row) => row.filter((_, at) => at % columns === j));
  const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const mean = Array.from({ length: columns }, (_, j) => average(columnsOf(j)));
  const variance = mean.map((center, j) => average(columnsOf(j).map((value) => (value - center) ** 2)));
  return { mean, variance };
}

const known = new Map<string, number>();

/** The number of 32 bits that decides on one number of a batch: as the table of kernels defines it. */
export function dropoutNumber(
  { seed, layer, step }: { readonly seed: number; readonly layer: number; readonly step: number },
  row: number,
  column: number,
): number {
  const name = `${seed} ${layer} ${step} ${row} ${column}`;
  let number = known.get(name);
  if (number === undefined) {
    const block = BigInt(4 * Math.floor(column / 16) + (column % 4));
    const upper = (4n << 24n) | (BigInt(step) >> 32n);
    const counter = [block, BigInt(row), upper, BigInt(step) & WORD];
    const key = BigInt(seed) + (BigInt(layer) << 53n);
    number = Number(philox(counter, [key & WORD, key >> 32n])[Math.floor(column / 4) % 4]);
    known.set(name, number);
  }
  return number;
}

const WORD = 0xffffffffn;

/** Philox4x32-10 in whole numbers of any size, from the paper (Salmon et al. 2011). */
function philox(counter: readonly bigint[], key: readonly bigint[]): readonly bigint[] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [p0, p1] = [c0 * 0xd2511f53n, c2 * 0xcd9e8d57n];
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & WORD, (p0 >> 32n) ^ c3 ^ k1, p0 & WORD];
    [k0, k1] = [(k0 + 0x9e3779b9n) & WORD, (k1 + 0xbb67ae85n) & WORD];
  }
  return [c0, c1, c2, c3];
}
