import {
  activation,
  type Activation,
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  add,
  apply,
  binaryCrossentropy,
  categoricalCrossentropy,
  concatenate,
  cosineDecay,
  type Dataset,
  dense,
  elu,
  flatten,
  functional,
  type FunctionalOptions,
  type FitOptions,
  type History,
  type Layer,
  leakyRelu,
  lion,
  huber,
  input,
  type Loss,
  type Model,
  nadam,
  type OptimizerSpec,
  reshape,
  rmsprop,
  sequential,
  sgd,
  sparseCategoricalCrossentropy,
  tensorDataset,
  warmUp,
} from '@lockstep/core';
import { classNumbers, signedNumbers } from './support/numbers.ts';

/**
 * The tables that the general tests run over. A new layer, loss or optimizer adds a line here, and so comes under the
 * gradient check (gradients.test.ts), the partition check (partition.test.ts) and the one-hash check (oneHash.test.ts).
 */
export interface NetworkCase {
  readonly name: string;
  readonly inputs: number;
  /** Last layer's units: classes, or values. */
  readonly outputs: number;
  readonly layers: () => readonly Layer[] | FunctionalOptions;
  readonly loss: Loss;
}

export const NETWORKS: readonly NetworkCase[] = [
  {
    name: 'one softmax layer',
    ...{ inputs: 3, outputs: 2, loss: 'sparseCategoricalCrossentropy' },
    layers: () => [dense(2, { activation: 'softmax' })],
  },
  {
    name: 'one linear layer without bias',
    ...{ inputs: 5, outputs: 3, loss: 'meanSquaredError' },
    layers: () => [dense(3, { useBias: false })],
  },
  {
    name: 'relu before softmax',
    ...{ inputs: 7, outputs: 4, loss: 'sparseCategoricalCrossentropy' },
    layers: () => [
      dense(9, { activation: 'relu', kernelInitializer: 'heNormal' }),
      dense(4, { activation: 'softmax' }),
    ],
  },
  {
    name: 'linear and relu before one value, no bias in the middle',
    ...{ inputs: 4, outputs: 1, loss: 'meanSquaredError' },
    layers: () => [
      dense(17, { kernelInitializer: 'heUniform' }),
      dense(5, { activation: 'relu', useBias: false }),
      dense(1),
    ],
  },
  {
    name: 'relu as the last layer of a regression',
    ...{ inputs: 6, outputs: 3, loss: 'meanSquaredError' },
    layers: () => [dense(8, { activation: 'relu' }), dense(3, { activation: 'relu' })],
  },
  {
    name: 'three layers wider than a panel',
    ...{ inputs: 19, outputs: 5, loss: 'sparseCategoricalCrossentropy' },
    layers: () => [
      dense(18, { activation: 'relu' }),
      dense(17, { activation: 'relu' }),
      dense(5, { activation: 'softmax' }),
    ],
  },
  ...activationCases(),
  ...lossCases(),
  ...graphCases(),
];

/** Each activation once between layers of odd sizes, and once as the last, in pairs. */
function activationCases(): NetworkCase[] {
  const pairs: readonly (readonly [Activation, Activation])[] = [
    ['sigmoid', 'tanh'],
    ['tanh', 'sigmoid'],
    ['leakyRelu', 'softplus'],
    ['elu', 'leakyRelu'],
    ['selu', elu({ alpha: 0.7 })],
    ['gelu', 'silu'],
    ['geluTanh', 'gelu'],
    ['silu', 'geluTanh'],
    ['softplus', 'hardSigmoid'],
    ['hardSigmoid', 'selu'],
    [leakyRelu({ slope: 0.3 }), 'elu'],
    ['softmax', 'linear'],
  ];
  return pairs.map(([hidden, last]) => ({
    name: `${nameOf(hidden)} between layers, ${nameOf(last)} last`,
    ...{ inputs: 6, outputs: 3, loss: 'meanSquaredError' },
    layers: () => [dense(17, { activation: hidden }), dense(9, { activation: hidden }), dense(3, { activation: last })],
  }));
}

/** Each loss, and each crossentropy from logits and smoothed, behind an activation that goes with it. */
function lossCases(): NetworkCase[] {
  const pairs: readonly (readonly [Loss, Activation])[] = [
    [sparseCategoricalCrossentropy({ labelSmoothing: 0.1 }), 'softmax'],
    [sparseCategoricalCrossentropy({ fromLogits: true }), 'linear'],
    ['categoricalCrossentropy', 'softmax'],
    [categoricalCrossentropy({ fromLogits: true, labelSmoothing: 0.2 }), 'linear'],
    ['binaryCrossentropy', 'sigmoid'],
    [binaryCrossentropy({ fromLogits: true, labelSmoothing: 0.1 }), 'linear'],
    ['meanAbsoluteError', 'linear'],
    [huber({ delta: 0.3 }), 'tanh'],
    ['logCosh', 'linear'],
    ['hinge', 'tanh'],
    ['klDivergence', 'softmax'],
    ['poisson', 'softplus'],
  ];
  return pairs.map(([loss, last]) => ({
    name: `loss ${typeof loss === 'string' ? loss : JSON.stringify(loss)}`,
    ...{ inputs: 6, outputs: 5, loss },
    layers: () => [dense(11, { activation: 'relu' }), dense(5, { activation: last })],
  }));
}

/** Models that are no stack: outputs with several readers, several inputs, views, activations as layers. */
function graphCases(): NetworkCase[] {
  return [
    {
      name: 'a residual connection around two layers',
      ...{ inputs: 6, outputs: 3, loss: 'sparseCategoricalCrossentropy' },
      layers() {
        const x = input({ shape: [6] });
        const first = apply(dense(20, { activation: 'relu' }), x);
        const inner = apply(dense(20), apply(dense(7, { activation: 'tanh' }), first));
        const sum = apply(activation('relu'), add([first, inner]));
        return { inputs: [x], output: apply(dense(3, { activation: 'softmax' }), sum) };
      },
    },
    {
      name: 'wide and deep, of two inputs',
      ...{ inputs: 9, outputs: 1, loss: 'meanSquaredError' },
      layers() {
        const wide = input({ shape: [4], name: 'wide' });
        const deep = input({ shape: [5], name: 'deep' });
        const hidden = apply(dense(6, { activation: 'relu' }), apply(dense(18, { activation: 'relu' }), deep));
        return { inputs: [wide, deep], output: apply(dense(1), concatenate([wide, hidden])) };
      },
    },
    {
      name: 'one layer read three times, by an activation too',
      ...{ inputs: 5, outputs: 4, loss: 'meanSquaredError' },
      layers() {
        const x = input({ shape: [5] });
        const shared = apply(dense(4), x);
        return { inputs: [x], output: add([shared, apply(activation('gelu'), shared), apply(dense(4), shared)]) };
      },
    },
    {
      name: 'rows of two dimensions, and activations as layers',
      ...{ inputs: 6, outputs: 2, loss: 'binaryCrossentropy' },
      layers: () => [
        reshape([2, 3]),
        activation('tanh'),
        flatten(),
        dense(9),
        activation('silu'),
        dense(2),
        activation('sigmoid'),
      ],
    },
  ];
}

function nameOf(kind: Activation): string {
  return typeof kind === 'string' ? kind : JSON.stringify(kind);
}

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
  readonly options: Pick<FitOptions, 'accumulateGradBatches' | 'gradientClipNorm'>;
}[] = [
  { name: 'every batch', options: {} },
  { name: 'clipped always', options: { gradientClipNorm: 0.01 } },
  { name: 'two batches', options: { accumulateGradBatches: 2 } },
  { name: 'three batches, clipped sometimes', options: { accumulateGradBatches: 3, gradientClipNorm: 0.3 } },
  { name: 'clipped never', options: { gradientClipNorm: 1e6 } },
];

/** How a run may be cut: 'auto', one piece, pieces that do and do not divide the batch, fewer pieces than threads. */
export const SHARDS: readonly (number | 'auto')[] = ['auto', 1, 2, 3, 5, 8];

/** A model of the case, its biases moved off 0 so that they count. */
export function createModel(network: NetworkCase, seed: number): Model {
  const layers = network.layers();
  const model =
    'output' in layers ? functional({ ...layers, seed }) : sequential(layers, { inputShape: [network.inputs], seed });
  for (const [index, { shape, data }] of model.parameters().entries()) {
    if (shape.length === 1) data.set(signedNumbers(data.length, seed + index).map((value) => value / 4));
  }
  return model;
}

export interface Rows {
  readonly features: Float32Array;
  readonly labels: Int32Array | Float32Array;
}

export function createRows(network: NetworkCase, rows: number, seed: number): Rows {
  const { loss } = network;
  const classes = (typeof loss === 'string' ? loss : loss.kind) === 'sparseCategoricalCrossentropy';
  return {
    features: signedNumbers(rows * network.inputs, seed),
    labels: classes
      ? classNumbers(rows, network.outputs, seed + 1)
      : signedNumbers(rows * network.outputs, seed + 1).map(Math.abs),
  };
}

/** Weights of the rows: none given, some of them 0, the first ten rows 0, all of them 0. */
export const WEIGHTINGS = ['none', 'some 0', 'first 0', 'all 0'] as const;
export type Weighting = (typeof WEIGHTINGS)[number];

export function createWeights(rows: number, weighting: Weighting): Float32Array | undefined {
  if (weighting === 'none') return undefined;
  const weightOf = {
    'some 0': (row: number) => row % 4,
    'first 0': (row: number) => (row < 10 ? 0 : 1.5),
    'all 0': () => 0,
  };
  return Float32Array.from({ length: rows }, (_, row) => weightOf[weighting](row));
}

export function createDataset(
  network: NetworkCase,
  rows: number,
  seed: number,
  weighting: Weighting = 'none',
): Dataset {
  const sampleWeights = createWeights(rows, weighting);
  return tensorDataset({
    ...{ ...createRows(network, rows, seed), featureShape: [network.inputs] },
    ...(sampleWeights === undefined ? {} : { sampleWeights }),
  });
}

/** What must be the same for any number of threads. */
export interface Outcome extends Pick<History, 'metrics' | 'weightsHashes' | 'epochs' | 'steps'> {
  readonly hash: string;
}

/** A whole run of a fresh model. */
export async function train(
  network: NetworkCase,
  run: {
    readonly rows: number;
    readonly validationRows: number;
    readonly seed: number;
    readonly weighting?: Weighting;
  },
  options: Omit<FitOptions, 'loss' | 'validation'>,
): Promise<Outcome> {
  const model = createModel(network, run.seed);
  const validation =
    run.validationRows === 0 ? {} : { validation: createDataset(network, run.validationRows, run.seed + 9) };
  const history = await model.fit(createDataset(network, run.rows, run.seed, run.weighting), {
    ...{ loss: network.loss, progress: false, ...validation },
    ...options,
  });
  const { weightsHash: hash, metrics, weightsHashes, epochs, steps } = history;
  return { hash, metrics, weightsHashes, epochs, steps };
}
