import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  cosineDecay,
  type FitOptions,
  type LbfgsSpec,
  lion,
  nadam,
  type OptimizerSpec,
  rmsprop,
  sgd,
  warmUp,
} from '@lockstep/core';

export const OPTIMIZERS: readonly { readonly name: string; readonly create: () => OptimizerSpec }[] = [
  { name: 'sgd', create: () => sgd({ learningRate: 0.1 }) },
  { name: 'sgd with momentum', create: () => sgd({ learningRate: 0.05, momentum: 0.9 }) },
  { name: 'sgd with Nesterov momentum', create: () => sgd({ learningRate: 0.05, momentum: 0.8, nesterov: true }) },
  { name: 'adam', create: () => adam({ learningRate: 0.02 }) },
  {
    name: 'sgd with momentum, warm-up and cosine decay',
    create: () =>
      sgd({
        learningRate: warmUp({ steps: 3, learningRate: cosineDecay({ initialLearningRate: 0.1, decaySteps: 20 }) }),
        momentum: 0.9,
      }),
  },
  {
    name: 'sgd with Nesterov momentum, weight decay and clipping by value',
    create: () => sgd({ learningRate: 0.05, momentum: 0.8, nesterov: true, weightDecay: 0.01, clipValue: 0.1 }),
  },
  { name: 'adam with AMSGrad and weight decay', create: () => adam({ amsgrad: true, weightDecay: 0.01 }) },
  { name: 'adam clipped by value', create: () => adam({ learningRate: 0.01, clipValue: 0.05 }) },
  { name: 'adamW', create: () => adamW({ learningRate: warmUp({ steps: 3, learningRate: 0.01 }) }) },
  { name: 'adamW with AMSGrad', create: () => adamW({ learningRate: 0.01, weightDecay: 0.1, amsgrad: true }) },
  { name: 'nadam', create: () => nadam({ learningRate: 0.01 }) },
  { name: 'adamax', create: () => adamax({ learningRate: 0.01 }) },
  { name: 'adagrad', create: () => adagrad({ learningRate: 0.05, initialAccumulatorValue: 0.1 }) },
  { name: 'adadelta', create: () => adadelta({ weightDecay: 0.001 }) },
  { name: 'rmsprop', create: () => rmsprop({ learningRate: 0.002 }) },
  { name: 'rmsprop with momentum', create: () => rmsprop({ learningRate: 0.002, momentum: 0.9 }) },
  { name: 'rmsprop, centered', create: () => rmsprop({ learningRate: 0.002, centered: true, epsilon: 1e-3 }) },
  {
    name: 'rmsprop, centered, with momentum',
    create: () => rmsprop({ learningRate: 0.002, centered: true, momentum: 0.5, epsilon: 1e-3, clipValue: 0.2 }),
  },
  { name: 'lion', create: () => lion({ learningRate: 0.003, weightDecay: 0.1 }) },
];

/** How the gradients of batches become updates. */
export const UPDATES: readonly {
  readonly name: string;
  readonly options: Pick<FitOptions, 'accumulateGradBatches' | 'gradientClipNorm' | 'weightAverage'>;
  /** An option of the optimizer. */
  readonly clipNorm?: number;
}[] = [
  { name: 'every batch', options: {} },
  { name: 'clipped always', options: { gradientClipNorm: 0.01 } },
  { name: 'two batches', options: { accumulateGradBatches: 2 } },
  { name: 'three batches, clipped sometimes', options: { accumulateGradBatches: 3, gradientClipNorm: 0.3 } },
  { name: 'clipped never', options: { gradientClipNorm: 1e6 } },
  { name: 'two batches, each parameter clipped', options: { accumulateGradBatches: 2 }, clipNorm: 0.05 },
  { name: 'two batches, averaged', options: { accumulateGradBatches: 2, weightAverage: { decay: 0.9 } } },
];

/** The options of `fit` for one of OPTIMIZERS and one of UPDATES. */
export function updateOptions(
  optimizer: (typeof OPTIMIZERS)[number],
  { options, clipNorm }: Pick<(typeof UPDATES)[number], 'options' | 'clipNorm'>,
): Pick<FitOptions, 'optimizer' | 'accumulateGradBatches' | 'gradientClipNorm'> {
  const spec = optimizer.create() as Exclude<OptimizerSpec, LbfgsSpec>;
  return { optimizer: clipNorm === undefined ? spec : { ...spec, clipNorm }, ...options };
}

/** How a run may be cut: 'auto', one piece, pieces that do and do not divide the batch, fewer pieces than threads. */
export const SHARDS: readonly (number | 'auto')[] = ['auto', 1, 2, 3, 5, 8];
