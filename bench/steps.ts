import { adam, dense, loadKernels, sequential, tensorDataset } from '@lockstep/core';
import { measurePeak } from '@lockstep/kernels';
import { fillNumbers } from './numbers.ts';

/** A model, a batch size, and how many steps are timed. */
export interface StepCase {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly batchSize: number;
  readonly steps: number;
}

export const CASES = {
  large: { name: '784-512-256-10, batch 256, Adam', sizes: [784, 512, 256, 10], batchSize: 256, steps: 300 },
  /** 16·40 + 40 + 40·8 + 8 = 1,008 parameters: nearly nothing but barriers and control. */
  tiny: { name: '16-40-8, batch 32, Adam', sizes: [16, 40, 8], batchSize: 32, steps: 10_000 },
} as const satisfies Record<string, StepCase>;

export interface StepResult {
  readonly microseconds: number;
  /** Of all threads together, and of one thread's loop of fused multiply-adds in the same process. */
  readonly gflops: number;
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

/** Times training steps, loading included, after a run that warms everything up. */
export async function timeSteps(stepCase: StepCase, workers: number): Promise<StepResult> {
  const { sizes, batchSize, steps } = stepCase;
  const rows = batchSize * 40;
  const classes = sizes[sizes.length - 1];
  const features = new Float32Array(rows * sizes[0]);
  fillNumbers(features, 7);
  const labels = Int32Array.from({ length: rows }, (_, row) => row % classes);
  const dataset = tensorDataset({ features, labels, featureShape: [sizes[0]] });
  const model = sequential(
    sizes.slice(1).map((units, index) => dense(units, { activation: index === sizes.length - 2 ? 'softmax' : 'relu' })),
    { inputShape: [sizes[0]], seed: 1 },
  );
  const options = {
    loss: 'sparseCategoricalCrossentropy',
    optimizer: adam(),
    batchSize,
    workers,
    epochs: steps,
  } as const;
  // One epoch to warm up; the timed run's own first steps are warm because code is shared by the process.
  await model.fit(dataset, { ...options, maxSteps: Math.ceil(steps / 10), progress: false });
  const history = await model.fit(dataset, { ...options, maxSteps: steps, progress: false });
  const microseconds = (history.seconds / history.steps) * 1e6;
  const peak = measurePeak(loadKernels());
  return {
    microseconds,
    gflops: stepOperations(stepCase) / microseconds / 1e3,
    peak,
    weightsHash: history.weightsHash,
  };
}

if (import.meta.main) {
  const [name, workers] = JSON.parse(process.argv[2]) as [keyof typeof CASES, number];
  console.log(JSON.stringify(await timeSteps(CASES[name], workers)));
}
