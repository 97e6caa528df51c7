import { adam, dense, loadKernels, sequential, tensorDataset } from '@lockstep/core';
import { measurePeak } from '@lockstep/kernels';
import { fillNumbers } from './numbers.ts';

/** A model, a batch size, and how many steps are timed: so many epochs of so many steps. */
export interface StepCase {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly batchSize: number;
  readonly epochs: number;
  readonly steps: number;
}

export const CASES = {
  large: { name: '784-512-256-10, batch 256, Adam', sizes: [784, 512, 256, 10], batchSize: 256, epochs: 12, steps: 20 },
  /** 16·40 + 40 + 40·8 + 8 = 1,008 parameters: nearly nothing but barriers and control. */
  tiny: { name: '16-40-8, batch 32, Adam', sizes: [16, 40, 8], batchSize: 32, epochs: 10, steps: 2000 },
} as const satisfies Record<string, StepCase>;

export interface StepResult {
  /** Of a step, for every epoch: a busy machine's speed changes within a second, so short stretches are compared. */
  readonly microseconds: readonly number[];
  readonly operations: number;
  /** GFLOP/s of one thread's loop of fused multiply-adds in the same process. */
  readonly peak: number;
  readonly weightsHash: string;
}

/** Operations of one step: forward and weight gradient of every layer, input gradient of all but the first. */
export function stepOperations({ sizes, batchSize }: StepCase): number {
  let operations = 0;
  for (let layer = 1; layer < sizes.length; layer++) {
    operations += (layer === 1 ? 2 : 3) * 2 * batchSize * sizes[layer - 1] * sizes[layer];
  }
  return operations;
}

/** Times training steps, loading included, epoch by epoch; the first epoch warms up and is left out. */
export async function timeSteps(stepCase: StepCase, workers: number): Promise<StepResult> {
  const { sizes, batchSize, steps, epochs } = stepCase;
  const rows = batchSize * steps;
  const classes = sizes[sizes.length - 1];
  const features = new Float32Array(rows * sizes[0]);
  fillNumbers(features, 7);
  const labels = Int32Array.from({ length: rows }, (_, row) => row % classes);
  const dataset = tensorDataset({ features, labels, featureShape: [sizes[0]] });
  const model = sequential(
    sizes.slice(1).map((units, index) => dense(units, { activation: index === sizes.length - 2 ? 'softmax' : 'relu' })),
    { inputShape: [sizes[0]], seed: 1 },
  );
  const microseconds: number[] = [];
  const { weightsHash } = await model.fit(dataset, {
    loss: 'sparseCategoricalCrossentropy',
    optimizer: adam(),
    batchSize,
    workers,
    epochs: epochs + 1,
    progress: false,
    callbacks: [{ onEpochEnd: (end) => void microseconds.push((end.seconds / steps) * 1e6) }],
  });
  const peak = measurePeak(loadKernels());
  return { microseconds: microseconds.slice(1), operations: stepOperations(stepCase), peak, weightsHash };
}

if (import.meta.main) {
  const [name, workers] = JSON.parse(process.argv[2]) as [keyof typeof CASES, number];
  console.log(JSON.stringify(await timeSteps(CASES[name], workers)));
}
