import {
  type Dataset,
  dense,
  type FitOptions,
  type Model,
  sequential,
  tensorDataset,
  type TensorDatasetOptions,
} from '@lockstep/core';

// What mistakes are made with.

/** Values of types that TypeScript would refuse: programs in JavaScript, and options from JSON, do pass them. */
export const wrong = (value: unknown): never => value as never;

export const model = (): Model => sequential([dense(3, { activation: 'softmax' })], { inputShape: [2] });
export const regression = (): Model => sequential([dense(1)], { inputShape: [2] });
export const binary = (): Model => sequential([dense(1, { activation: 'sigmoid' })], { inputShape: [2] });

export function data(options: Partial<Record<keyof TensorDatasetOptions, unknown>> = {}): Dataset {
  return tensorDataset({
    ...{ features: [1, 2, 3, 4], labels: [0, 2], featureShape: [2] },
    ...(options as Partial<TensorDatasetOptions>),
  });
}

export const LOSS = 'sparseCategoricalCrossentropy';
export const fit = (options: Record<string, unknown>, dataset: Dataset = data()): (() => Promise<unknown>) => {
  const all = { loss: LOSS, workers: 1, progress: false, ...options };
  return () => model().fit(dataset, all as unknown as FitOptions);
};
