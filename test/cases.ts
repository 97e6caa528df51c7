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
  batchNormalization,
  binaryCrossentropy,
  categoricalCrossentropy,
  categoryEncoding,
  concatenate,
  cosineDecay,
  type Dataset,
  dense,
  dropout,
  elu,
  embedding,
  flatten,
  functional,
  type FunctionalOptions,
  type FitOptions,
  type History,
  type Layer,
  layerNormalization,
  type LbfgsSpec,
  leakyRelu,
  lion,
  huber,
  input,
  l1,
  l1l2,
  l2,
  type Loss,
  type Metric,
  type Model,
  nadam,
  normalization,
  type OptimizerSpec,
  randomNormal,
  rescaling,
  reshape,
  rmsprop,
  sequential,
  sgd,
  sparseCategoricalCrossentropy,
  tensorDataset,
  topKAccuracy,
  warmUp,
} from '@lockstep/core';
import { swish } from '../examples/swish/swish.ts';
import { expectile } from './support/expectile.ts';
import { classNumbers, signedNumbers } from './support/numbers.ts';
import { radialBasis } from './support/radialBasis.ts';

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
  /** Features of so many rows; default numbers in [-1, 1). */
  readonly features?: (rows: number, seed: number) => Float32Array;
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
  ...normalizationCases(),
  ...categoryCases(),
  ...regularizedCases(),
  ...dropoutCases(),
  ...customCases(),
  ...batchNormalizationCases(),
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
    ['perceptron', 'step'],
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

/** Layers that bring numbers to a common scale, on data and between layers, of one dimension and of several. */
function normalizationCases(): NetworkCase[] {
  return [
    {
      name: 'layer normalization on data, between layers, and last',
      ...{ inputs: 7, outputs: 3, loss: 'meanSquaredError' },
      layers: () => [
        layerNormalization({ epsilon: 0.1 }),
        dense(19, { activation: 'relu' }),
        layerNormalization(),
        dense(3),
        layerNormalization({ epsilon: 0.5 }),
      ],
    },
    {
      name: 'layer normalization without gamma, without beta, without both',
      ...{ inputs: 6, outputs: 4, loss: 'sparseCategoricalCrossentropy' },
      layers: () => [
        dense(9, { activation: 'tanh' }),
        layerNormalization({ scale: false }),
        dense(5, { activation: 'tanh' }),
        layerNormalization({ center: false }),
        dense(6),
        layerNormalization({ center: false, scale: false }),
        dense(4, { activation: 'softmax' }),
      ],
    },
    {
      name: 'layer normalization of the last of two dimensions, of data and between layers',
      ...{ inputs: 11, outputs: 2, loss: 'meanSquaredError' },
      layers() {
        const wide = input({ shape: [2, 3] });
        const other = input({ shape: [5] });
        const first = apply(flatten(), apply(layerNormalization({ epsilon: 0.2 }), wide));
        const inner = apply(reshape([3, 5]), apply(dense(15, { activation: 'relu' }), concatenate([first, other])));
        const last = apply(flatten(), apply(layerNormalization({ epsilon: 0.01 }), inner));
        return { inputs: [wide, other], output: apply(dense(2), last) };
      },
    },
    {
      name: 'rescaling and normalization of data',
      ...{ inputs: 5, outputs: 3, loss: 'sparseCategoricalCrossentropy' },
      layers: () => [
        rescaling(0.7, [0.1, -0.2, 0.3, 0, 0.5]),
        normalization({ mean: [0.1, -1, 0, 0.5, 3], variance: [0.3, 2, 1, 0, 9] }),
        dense(3, { activation: 'softmax' }),
      ],
    },
    {
      name: 'rescaling and normalization between layers, of two dimensions',
      ...{ inputs: 4, outputs: 2, loss: 'meanSquaredError' },
      layers: () => [
        dense(18, { activation: 'relu' }),
        reshape([2, 9]),
        rescaling([1, -2, 0.5, 3, 0.25, 1, 2, -0.5, 1.5], 0.3),
        reshape([6, 3]),
        normalization({ mean: [0.2, -0.3, 0.5], variance: [4, 0.5, 2] }),
        flatten(),
        dense(7, { activation: 'relu' }),
        rescaling(1 / 3),
        dense(2),
      ],
    },
  ];
}

/** Layers that take indices: as the whole row, or as one input beside others. */
function categoryCases(): NetworkCase[] {
  const indices = (columns: number, categories: number) => (rows: number, seed: number) =>
    Float32Array.from(classNumbers(rows * columns, categories, seed));
  return [
    {
      name: 'an embedding, of which some entries are never seen',
      ...{ inputs: 3, outputs: 4, loss: 'sparseCategoricalCrossentropy' },
      features: indices(3, 6),
      layers: () => [
        embedding(8, 5, { embeddingsInitializer: randomNormal({ deviation: 0.5 }) }),
        flatten(),
        dense(4, { activation: 'softmax' }),
      ],
    },
    {
      name: 'an embedding beside numbers, normalized',
      ...{ inputs: 5, outputs: 1, loss: 'meanSquaredError' },
      features(rows, seed) {
        const features = signedNumbers(rows * 5, seed);
        const categories = classNumbers(rows * 2, 7, seed + 5);
        for (let i = 0; i < categories.length; i++) features[Math.floor(i / 2) * 5 + 3 + (i % 2)] = categories[i];
        return features;
      },
      layers() {
        const numbers = input({ shape: [3] });
        const words = input({ shape: [2] });
        const vectors = apply(embedding(7, 9, { embeddingsInitializer: 'heNormal' }), apply(reshape([2, 1]), words));
        const scaled = apply(flatten(), apply(layerNormalization(), vectors));
        const hidden = apply(dense(6, { activation: 'tanh' }), concatenate([numbers, scaled]));
        return { inputs: [numbers, words], output: apply(dense(1), hidden) };
      },
    },
    ...(['oneHot', 'multiHot', 'count'] as const).map((mode) => ({
      name: `categories, ${mode}`,
      ...{ inputs: 3, outputs: 2, loss: 'meanSquaredError' as const },
      features: indices(3, 5),
      layers: () => [categoryEncoding({ categories: 5, mode }), flatten(), dense(7, { activation: 'tanh' }), dense(2)],
    })),
  ];
}

/** Penalties of some weights and not of others, in every form; bias and embedding too. */
function regularizedCases(): NetworkCase[] {
  return [
    {
      name: 'regularized kernels and biases',
      ...{ inputs: 6, outputs: 3, loss: 'sparseCategoricalCrossentropy' },
      layers: () => [
        dense(9, { activation: 'relu', kernelRegularizer: l1l2({ l1: 0.01, l2: 0.02 }), biasRegularizer: l1(0.03) }),
        dense(7, { activation: 'tanh' }),
        dense(3, { activation: 'softmax', kernelRegularizer: l1(), biasRegularizer: l2(0.05) }),
      ],
    },
    {
      name: 'a regularized embedding',
      ...{ inputs: 3, outputs: 2, loss: 'meanSquaredError' },
      features: (rows, seed) => Float32Array.from(classNumbers(rows * 3, 6, seed)),
      layers: () => [
        embedding(8, 5, {
          embeddingsInitializer: randomNormal({ deviation: 0.5 }),
          embeddingsRegularizer: l1l2({ l1: 0.02, l2: 0.01 }),
        }),
        flatten(),
        dense(2, { kernelRegularizer: l2(0.1) }),
      ],
    },
  ];
}

/** Layers that drop numbers in training: of data, between layers, last, and beside each other. */
function dropoutCases(): NetworkCase[] {
  return [
    {
      name: 'dropout on data, behind relu and last, rate 0 between',
      ...{ inputs: 7, outputs: 3, loss: 'meanSquaredError' },
      layers: () => [
        dropout(0.2),
        dense(21, { activation: 'relu' }),
        dropout(0.5),
        dense(9, { activation: 'tanh' }),
        dropout(0),
        dense(3),
        dropout(0.1, { seed: 2 ** 53 - 7 }),
      ],
    },
    {
      name: 'two dropouts of one layer, of two dimensions',
      ...{ inputs: 5, outputs: 2, loss: 'sparseCategoricalCrossentropy' },
      layers() {
        const x = input({ shape: [5] });
        const hidden = apply(dense(6, { activation: 'relu' }), x);
        const first = apply(flatten(), apply(dropout(0.3), apply(reshape([2, 3]), hidden)));
        const sum = add([first, apply(dropout(0.3), hidden)]);
        return { inputs: [x], output: apply(dense(2, { activation: 'softmax' }), sum) };
      },
    },
  ];
}

/** Layers and losses that users write, in modules of their own: on data and between layers, with several readers. */
function customCases(): NetworkCase[] {
  return [
    {
      name: 'layers of a user, between layers and last',
      ...{ inputs: 6, outputs: 4, loss: 'meanSquaredError' },
      layers: () => [dense(5), swish({ beta: 0.8 }), dense(3, { activation: 'relu' }), radialBasis({ units: 4 })],
    },
    {
      name: 'a loss of a user, behind an activation',
      ...{ inputs: 5, outputs: 3, loss: expectile({ tau: 0.8 }) },
      layers: () => [dense(6, { activation: 'relu' }), dense(3, { activation: 'softplus' })],
    },
    {
      name: 'layers of a user on data, of two dimensions, before softmax and read twice',
      ...{ inputs: 6, outputs: 3, loss: 'sparseCategoricalCrossentropy' },
      layers() {
        const x = input({ shape: [2, 3] });
        const shared = apply(swish({ name: 'own' }), x);
        const basis = apply(radialBasis({ units: 5, gamma: 0.3 }), apply(flatten(), shared));
        const hidden = apply(swish(), apply(dense(5), basis));
        const both = concatenate([add([hidden, basis]), apply(flatten(), shared)]);
        return { inputs: [x], output: apply(dense(3, { activation: 'softmax' }), both) };
      },
    },
  ];
}

/** Statistics of shards: of data, between layers with and without activations, last, of two dimensions; with dropout. */
function batchNormalizationCases(): NetworkCase[] {
  return [
    {
      name: 'batch normalization on data, between layers, and last',
      ...{ inputs: 7, outputs: 3, loss: 'meanSquaredError' },
      layers: () => [
        batchNormalization({ epsilon: 0.1 }),
        dense(19, { activation: 'tanh' }),
        batchNormalization({ momentum: 0.9 }),
        dense(3),
        batchNormalization({ epsilon: 0.5 }),
      ],
    },
    {
      name: 'batch normalization without gamma, without beta, without both, and dropout',
      ...{ inputs: 6, outputs: 4, loss: 'sparseCategoricalCrossentropy' },
      layers: () => [
        dense(9, { useBias: false }),
        batchNormalization({ scale: false, epsilon: 0.05 }),
        activation('tanh'),
        dropout(0.2),
        dense(17, { activation: 'tanh' }),
        batchNormalization({ center: false, momentum: 0 }),
        dense(6),
        batchNormalization({ center: false, scale: false, epsilon: 0.1 }),
        dense(4, { activation: 'softmax' }),
      ],
    },
    {
      name: 'batch normalization of the last of two dimensions, of data and between layers, one of them read twice',
      ...{ inputs: 11, outputs: 2, loss: 'meanSquaredError' },
      layers() {
        const wide = input({ shape: [2, 3] });
        const other = input({ shape: [5] });
        const first = apply(flatten(), apply(batchNormalization({ epsilon: 0.2 }), wide));
        const inner = apply(reshape([3, 5]), apply(dense(15, { activation: 'tanh' }), concatenate([first, other])));
        const scaled = apply(flatten(), apply(batchNormalization({ epsilon: 0.1 }), inner));
        const sum = add([scaled, apply(dropout(0.4), scaled)]);
        return { inputs: [wide, other], output: apply(dense(2), sum) };
      },
    },
  ];
}

/** Whether its loss has penalties for weights. */
export function isRegularized(network: NetworkCase): boolean {
  return JSON.stringify(createModel(network, 0).spec).includes('Regularizer');
}

/** Whether a model computes otherwise in training. */
export function differsInTraining({ spec }: Model): boolean {
  return spec.layers.some(({ kind }) => kind === 'dropout' || kind === 'batchNormalization');
}

/** Weights that gradients move, or that nothing moves: not the averages that every training step moves. */
export function withoutAverages(weights: Readonly<Record<string, Float32Array>>): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(weights).filter(([name]) => !/\/moving(Mean|Variance)$/.test(name)));
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

/** A model of the case, its biases and moving averages moved off where they start, so that they count. */
export function createModel(network: NetworkCase, seed: number): Model {
  const layers = network.layers();
  const model =
    'output' in layers ? functional({ ...layers, seed }) : sequential(layers, { inputShape: [network.inputs], seed });
  for (const [index, { name, shape, data, trainable }] of model.parameters().entries()) {
    const numbers = signedNumbers(data.length, seed + index);
    if (shape.length === 1 && trainable) data.set(numbers.map((value) => value / 4));
    if (name.endsWith('/movingMean')) data.set(numbers);
    if (name.endsWith('/movingVariance')) data.set(numbers.map((value) => 1.5 + value));
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
    features: network.features?.(rows, seed) ?? signedNumbers(rows * network.inputs, seed),
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

/** Metrics that go with losses of classes; with others go errors. */
const CLASS_METRICS: Readonly<Record<string, readonly Metric[]>> = {
  sparseCategoricalCrossentropy: ['accuracy', 'f1'],
  categoricalCrossentropy: ['accuracy', 'precision', topKAccuracy({ k: 2 }), 'meanSquaredError'],
  binaryCrossentropy: ['accuracy', 'f1', 'meanAbsoluteError'],
  hinge: ['accuracy', 'recall'],
  perceptron: ['accuracy', 'f1', 'meanSquaredError'],
};

export function metricsOf({ loss }: NetworkCase): readonly Metric[] {
  return CLASS_METRICS[typeof loss === 'string' ? loss : loss.kind] ?? ['rootMeanSquaredError', 'r2'];
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
    ...{ loss: network.loss, metrics: metricsOf(network), progress: false, ...validation },
    ...options,
  });
  const { weightsHash: hash, metrics, weightsHashes, epochs, steps } = history;
  return { hash, metrics, weightsHashes, epochs, steps };
}
