import type { Network } from '../peers/protocol.ts';

/** A training that every peer does: what it is, and how much data it goes through. */
export interface StepCase extends Network {
  readonly name: string;
  /** Batches of the data set: an epoch of Lockstep's, and what the peers' steps go through over and over. */
  readonly batches: number;
}

export const STEP_CASES: readonly StepCase[] = [
  describe({ sizes: [2, 8, 8, 2], batchSize: 32, optimizer: 'adam', learningRate: 0.001, batches: 2000 }),
  describe({ sizes: [64, 64, 32, 10], batchSize: 64, optimizer: 'sgd', learningRate: 0.01, batches: 400 }),
  describe({ sizes: [784, 512, 256, 10], batchSize: 256, optimizer: 'sgd', learningRate: 0.01, batches: 20 }),
  describe({ sizes: [784, 512, 256, 10], batchSize: 256, optimizer: 'adam', learningRate: 0.001, batches: 20 }),
  describe({ sizes: [784, 1024, 1024, 10], batchSize: 1024, optimizer: 'adam', learningRate: 0.001, batches: 4 }),
];

function describe(network: Omit<StepCase, 'name'>): StepCase {
  const { sizes, batchSize, optimizer } = network;
  return { name: `${sizes.join('-')}, batch ${batchSize}, ${optimizer === 'adam' ? 'Adam' : 'SGD'}`, ...network };
}

/** In a hurry: one of each size that many slow peers can do. */
const QUICK_CASES = [STEP_CASES[0], STEP_CASES[1], STEP_CASES[3]];

/** The cases whose names contain one of the texts; all when there are none. */
export function chooseCases({ cases, quick }: { cases: readonly string[]; quick: boolean }): readonly StepCase[] {
  if (cases.length === 0) return quick ? QUICK_CASES : STEP_CASES;
  const chosen = STEP_CASES.filter(({ name }) => cases.some((text) => name.toLowerCase().includes(text.toLowerCase())));
  if (chosen.length > 0) return chosen;
  throw new Error(`no case named ${cases.join(' or ')}; there are ${STEP_CASES.map(({ name }) => name).join('; ')}`);
}

/** Operations of one step: forward and weight gradient of every layer, input gradient of all but the first. */
export function stepOperations({ sizes, batchSize }: Network): number {
  let operations = 0;
  for (let layer = 1; layer < sizes.length; layer++) {
    operations += (layer === 1 ? 2 : 3) * 2 * batchSize * sizes[layer - 1] * sizes[layer];
  }
  return operations;
}
