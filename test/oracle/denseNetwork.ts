import type { Activation, LayerSpec, Loss, Model, RegularizerSpec } from '@lockstep/core';
import { FUNCTIONS } from './activations.ts';
import { outputShape, rowOutputs } from './layers.ts';
import { rowLoss } from './losses.ts';
import { batchOutputs, type OracleTraining } from './trainingLayers.ts';

/**
 * A network in double precision, written from the textbook's formulas and without a look at how Lockstep computes: one layer at
 * a time, one row, one neuron. Slow and obvious, so that a disagreement is Lockstep's fault.
 */
export interface OracleNetwork {
  /** Numbers of a row of data. */
  readonly inputs: number;
  readonly layers: readonly OracleLayer[];
}

export interface OracleLayer {
  /** Which layers' outputs it takes, by index; empty: a part of the row of data, from `offset` on. */
  readonly from: readonly number[];
  readonly offset: number;
  readonly spec: LayerSpec;
  readonly inputs: number;
  readonly units: number;
  readonly activation: Activation;
  /** Last dimension of the shape of its inputs. */
  readonly lastDimension: number;
  /** Those that are trained, by their name in the layer. */
  readonly parameters: Readonly<Record<string, OracleParameter>>;
  /** The others. */
  readonly constants: Readonly<Record<string, OracleParameter>>;
  /** How many layers of dropout, of a rate above 0, come before it. */
  readonly dropouts: number;
}

export interface OracleParameter {
  /** As `model.parameters()` names it. */
  readonly name: string;
  readonly values: Float64Array;
}

/** Rows of numbers with what they should give: a class index each, or a value for each output. */
export interface OracleBatch {
  readonly features: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  /** Default: 1 each. */
  readonly sampleWeights?: ArrayLike<number> | undefined;
  /** How layers compute that do something else in training; default: as when nothing trains. */
  readonly training?: OracleTraining | undefined;
}

/** A copy of a model's weights, in double precision. */
export function oracleOf(model: Model): OracleNetwork {
  const parametersOfLayer = (layer: string, trained: boolean): Record<string, OracleParameter> =>
    Object.fromEntries(
      model
        .parameters()
        .filter(({ name, trainable }) => trainable === trained && name.startsWith(`${layer}/`))
        .map(({ name, data }) => [name.slice(layer.length + 1), { name, values: Float64Array.from(data) }]),
    );
  const shapes: (readonly number[])[] = [];
  const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
  let offset = 0;
  const { connections, layers, inputShape } = model.spec;
  const inputs = sizeOf(inputShape);
  return {
    inputs,
    layers: layers.map((spec, index) => {
      const from = connections?.[index] ?? (index === 0 ? [] : [index - 1]);
      const data = spec.kind === 'input' ? spec.shape : inputShape;
      const taken = from.length === 0 ? [data] : from.map((layer) => shapes[layer]);
      const shape = outputShape(spec, taken);
      shapes.push(shape);
      const layer: OracleLayer = {
        ...{ from, offset, spec, units: sizeOf(shape) },
        inputs: taken.reduce((sum, one) => sum + sizeOf(one), 0),
        lastDimension: taken[0].at(-1) ?? 1,
        activation: 'activation' in spec ? spec.activation : 'linear',
        parameters: parametersOfLayer(spec.name, true),
        constants: parametersOfLayer(spec.name, false),
        dropouts: layers.slice(0, index).filter((other) => other.kind === 'dropout' && other.rate > 0).length,
      };
      if (spec.kind === 'input') offset += layer.inputs;
      return layer;
    }),
  };
}

export function parametersOf(network: OracleNetwork): OracleParameter[] {
  return network.layers.flatMap(({ parameters }) => Object.values(parameters));
}

/** Outputs of the last layer, a list for each row. `onSum` sees every weighted sum before its activation. */
function forward(
  network: OracleNetwork,
  rows: readonly OracleRow[],
  training: OracleTraining | undefined,
  onSum?: (sum: number, layer: OracleLayer) => void,
): readonly (readonly number[])[] {
  const outputs: (readonly (readonly number[])[])[] = [];
  for (const layer of network.layers) {
    const from = layer.from.map((index) => outputs[index]);
    const inputs = rows.map(({ row }, r) => {
      if (from.length === 1) return from[0][r];
      return from.length === 0 ? row.slice(layer.offset, layer.offset + layer.inputs) : from.flatMap((one) => one[r]);
    });
    const together = batchOutputs(layer, inputs, training);
    const sums =
      together ??
      inputs.map((values, r) =>
        layer.spec.kind === 'add'
          ? from[0][r].map((_, i) => from.reduce((sum, one) => sum + one[r][i], 0))
          : weigh(layer, values),
      );
    if (onSum !== undefined) for (const row of sums) for (const sum of row) onSum(sum, layer);
    outputs.push(sums.map((row) => activate(row, layer.activation)));
  }
  return outputs[outputs.length - 1];
}

/** Weighted sums, or what else the layer computes; the values themselves for a layer that computes nothing. */
function weigh({ spec, lastDimension, parameters, units }: OracleLayer, values: readonly number[]): number[] {
  if (spec.kind !== 'dense') {
    return rowOutputs(spec, values, lastDimension, parameters) ?? [...values];
  }
  const { kernel, bias } = parameters;
  const sums: number[] = [];
  // Plain loops: most of the time of all checks against this network is spent here.
  for (let unit = 0; unit < units; unit++) {
    let sum = spec.useBias ? bias.values[unit] : 0;
    for (let input = 0; input < values.length; input++) sum += values[input] * kernel.values[input * units + unit];
    sums.push(sum);
  }
  return sums;
}

function activate(sums: readonly number[], activation: Activation): readonly number[] {
  if (activation === 'linear') return sums;
  if (activation === 'softmax') {
    const largest = Math.max(...sums);
    const powers = sums.map((sum) => Math.exp(sum - largest));
    const total = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / total);
  }
  return sums.map(typeof activation === 'string' ? FUNCTIONS[activation] : parametric(activation));
}

function parametric(activation: Exclude<Activation, string>): (x: number) => number {
  if (activation.kind === 'leakyRelu') return (x) => (x > 0 ? x : activation.slope * x);
  return (x) => (x > 0 ? x : activation.alpha * Math.expm1(x));
}

/** Σ weight · loss / Σ weight over the rows of a batch, and what regularizers add. */
export function batchLoss(network: OracleNetwork, batch: OracleBatch, loss: Loss): number {
  return meanLoss(network, [partOf(network, batch)], loss);
}

/** What is computed together: the rows of a batch. */
interface Part {
  readonly rows: readonly OracleRow[];
  readonly training: OracleTraining | undefined;
}

function partOf(network: OracleNetwork, batch: OracleBatch): Part {
  const rows = rowsOf(network, batch);
  // Rows of weight 0 count for nothing, where rows do not see each other.
  return {
    rows: batch.training === undefined ? rows.filter(({ weight }) => weight !== 0) : rows,
    training: batch.training,
  };
}

function meanLoss(network: OracleNetwork, parts: readonly Part[], loss: Loss): number {
  let weighted = 0;
  let weights = 0;
  const seen = loss === 'perceptron' ? beforeLastActivation(network) : network;
  for (const { rows, training } of parts) {
    const outputs = forward(seen, rows, training);
    for (const [r, { labels, weight }] of rows.entries()) {
      if (weight !== 0) weighted += weight * rowLoss(loss, outputs[r], labels);
      weights += weight;
    }
  }
  return weighted / weights + penaltyOf(network);
}

/** Σ over regularized parameters of l1 · Σ|w| + l2 · Σ w². */
function penaltyOf(network: OracleNetwork): number {
  let penalty = 0;
  for (const [{ l1, l2 }, values] of regularized(network)) {
    for (const value of values) penalty += l1 * Math.abs(value) + l2 * value * value;
  }
  return penalty;
}

function regularized({ layers }: OracleNetwork): (readonly [RegularizerSpec, Float64Array])[] {
  return layers.flatMap(({ spec, parameters }) =>
    Object.entries(parameters).flatMap(([name, { values }]) => {
      const regularizer = (spec as unknown as { readonly [member: string]: unknown })[`${name}Regularizer`];
      return regularizer === undefined ? [] : [[regularizer as RegularizerSpec, values] as const];
    }),
  );
}

/** With the same parameters, but ending with the weighted sums of its last layer. */
function beforeLastActivation(network: OracleNetwork): OracleNetwork {
  const last = network.layers.length - 1;
  const layers = network.layers.map((layer, i) => (i === last ? { ...layer, activation: 'linear' as const } : layer));
  return { ...network, layers };
}

/**
 * Step of the central difference. Its error is about h²·f‴/6 + 1e-16·f/h: below 1e-9 for the numbers near 1 used here,
 * a thousandth of what float32 leaves.
 */
export const STEP = 1e-6;

/**
 * dLoss/dParameter by central differences: (f(w + h) - f(w - h)) / 2h, one weight after the other. Of several batches: that of the
 * weighted mean over all of their rows.
 */
export function numericGradients(
  network: OracleNetwork,
  batches: OracleBatch | readonly OracleBatch[],
  loss: Loss,
): Record<string, Float64Array> {
  const parts = [batches].flat().map((batch) => partOf(network, batch));
  return Object.fromEntries(
    parametersOf(network).map(({ name, values }) => [
      name,
      values.map((value, index) => {
        values[index] = value + STEP;
        const above = meanLoss(network, parts, loss);
        values[index] = value - STEP;
        const below = meanLoss(network, parts, loss);
        values[index] = value;
        return (above - below) / (2 * STEP);
      }),
    ]),
  );
}

/** Where an activation's slope jumps. */
const KINKS: Readonly<Record<string, readonly number[]>> = {
  ...{ relu: [0], leakyRelu: [0], selu: [0], step: [0], hardSigmoid: [-3, 3] },
  // Smooth to the first derivative with the usual alpha, which is all that differences need.
  elu: [],
};

/**
 * The smallest distance of a weighted sum from a kink of its activation, or of a weight from that of its size: nearer than a
 * step's reach spoils the difference.
 */
export function distanceFromKinks(network: OracleNetwork, batch: OracleBatch): number {
  let smallest = Infinity;
  for (const [{ l1 }, values] of regularized(network)) {
    if (l1 > 0) for (const value of values) smallest = Math.min(smallest, Math.abs(value));
  }
  forward(network, rowsOf(network, batch), batch.training, (sum, layer) => {
    const { activation } = layer;
    for (const kink of KINKS[typeof activation === 'string' ? activation : activation.kind] ?? []) {
      smallest = Math.min(smallest, Math.abs(sum - kink));
    }
  });
  return smallest;
}

interface OracleRow {
  readonly row: readonly number[];
  readonly labels: readonly number[];
  readonly weight: number;
}

function rowsOf(network: OracleNetwork, batch: OracleBatch): OracleRow[] {
  const width = network.inputs;
  const count = batch.features.length / width;
  const labelWidth = batch.labels.length / count;
  const slice = (values: ArrayLike<number>, row: number, columns: number): number[] =>
    Array.from({ length: columns }, (_, column) => values[row * columns + column]);
  return Array.from({ length: count }, (_, row) => ({
    row: slice(batch.features, row, width),
    labels: slice(batch.labels, row, labelWidth),
    weight: batch.sampleWeights === undefined ? 1 : batch.sampleWeights[row],
  }));
}
