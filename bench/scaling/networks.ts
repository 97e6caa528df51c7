/** A dense network trained with Adam on batches of one size. */
export interface ScalingNetwork {
  readonly sizes: readonly number[];
  readonly batchSize: number;
}

const small = [16, 40, 8];
const digits = [64, 256, 128, 10];
const medium = [784, 512, 256, 10];
const large = [784, 1024, 1024, 10];
const huge = [784, 2048, 2048, 10];

/** Networks whose steps are measured: what the costs are fitted to. */
export const MEASURED: readonly ScalingNetwork[] = [
  ...of(small, 32, 256),
  ...of([64, 64, 32, 10], 64, 512),
  ...of(digits, 16, 64, 256, 1024),
  ...of([784, 256, 128, 10], 32, 128),
  ...of(medium, 16, 64, 256, 1024),
  ...of(large, 64, 256, 1024),
  ...of(huge, 256),
];

/** Networks whose steps are predicted. */
export const PREDICTED: readonly ScalingNetwork[] = [
  ...of(digits, 64),
  ...of(medium, 64, 256, 1024),
  ...of(large, 256, 1024, 4096),
  ...of(huge, 1024),
];

export const CORES: readonly number[] = [1, 2, 4, 8, 16, 32, 64];

export function nameOf({ sizes, batchSize }: ScalingNetwork): string {
  return `${sizes.join('-')}, batch ${batchSize}`;
}

function of(sizes: readonly number[], ...batchSizes: number[]): ScalingNetwork[] {
  return batchSizes.map((batchSize) => ({ sizes, batchSize }));
}

/** An epoch is long enough that what it costs besides does not count, and its data fit in memory. */
const EPOCH_MICROSECONDS = 20_000;
const EPOCH_VALUES = 2e7;

/** Batches of an epoch where steps are measured: so much data that gathering rows misses the caches as it does in practice. */
export function batchesOf({ sizes, batchSize }: ScalingNetwork): number {
  const weights = sizes.slice(1).reduce((sum, units, layer) => sum + units * sizes[layer], 0);
  const guess = 10 + (weights * (6 * batchSize + 75)) / 9e4;
  const batches = Math.min(Math.ceil(EPOCH_MICROSECONDS / guess), Math.ceil(EPOCH_VALUES / batchSize / sizes[0]));
  return Math.max(2, batches);
}
