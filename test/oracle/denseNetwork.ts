import type { Activation, Loss, Model } from '@lockstep/core';
import { FUNCTIONS } from './activations.ts';
import { rowLoss } from './losses.ts';

/**
 * A stack of dense layers in double precision, written from the textbook's formulas and without a look at how Lockstep
 * computes: one row at a time, one neuron at a time. Slow and obvious, so that a disagreement is Lockstep's fault.
 */
export interface OracleNetwork {
  readonly layers: readonly OracleLayer[];
}

export interface OracleLayer {
  readonly inputs: number;
  readonly units: number;
  readonly activation: Activation;
  /** [inputs, units], row-major. */
  readonly kernel: OracleParameter;
  /** [units]. */
  readonly bias: OracleParameter | null;
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
}

/** A copy of a model's weights, in double precision. */
export function oracleOf(model: Model): OracleNetwork {
  const weights = model.getWeights();
  const parameter = (name: string): OracleParameter => ({ name, values: Float64Array.from(weights[name]) });
  let inputs = model.spec.inputShape[0];
  return {
    layers: model.spec.layers.map((spec) => {
      if (spec.kind !== 'dense') throw new Error('dense layers only');
      const { name, units, activation, useBias } = spec;
      const layer = {
        ...{ inputs, units, activation, kernel: parameter(`${name}/kernel`) },
        bias: useBias ? parameter(`${name}/bias`) : null,
      };
      inputs = units;
      return layer;
    }),
  };
}

export function parametersOf(network: OracleNetwork): OracleParameter[] {
  return network.layers.flatMap(({ kernel, bias }) => (bias === null ? [kernel] : [kernel, bias]));
}

/** Outputs of the last layer for one row of inputs. `onSum` sees every weighted sum before its activation. */
export function forward(
  network: OracleNetwork,
  row: readonly number[],
  onSum: (sum: number, layer: OracleLayer) => void = () => undefined,
): number[] {
  let values = row;
  for (const layer of network.layers) {
    const sums: number[] = [];
    for (let unit = 0; unit < layer.units; unit++) {
      let sum = layer.bias === null ? 0 : layer.bias.values[unit];
      for (let input = 0; input < layer.inputs; input++) {
        sum += values[input] * layer.kernel.values[input * layer.units + unit];
      }
      onSum(sum, layer);
      sums.push(sum);
    }
    values = activate(sums, layer.activation);
  }
  return [...values];
}

function activate(sums: readonly number[], activation: Activation): number[] {
  switch (activation) {
    case 'softmax': {
      const largest = Math.max(...sums);
      const powers = sums.map((sum) => Math.exp(sum - largest));
      const total = powers.reduce((a, b) => a + b, 0);
      return powers.map((power) => power / total);
    }
    default:
      return sums.map((sum) =>
        typeof activation === 'string' ? FUNCTIONS[activation](sum) : parametric(activation)(sum),
      );
  }
}

function parametric(activation: Exclude<Activation, string>): (x: number) => number {
  if (activation.kind === 'leakyRelu') return (x) => (x > 0 ? x : activation.slope * x);
  return (x) => (x > 0 ? x : activation.alpha * Math.expm1(x));
}

/** Σ weight · loss / Σ weight over the rows of a batch. */
export function batchLoss(network: OracleNetwork, batch: OracleBatch, loss: Loss): number {
  let weighted = 0;
  let weights = 0;
  for (const { row, labels, weight } of rowsOf(network, batch)) {
    weighted += weight * rowLoss(loss, forward(network, row), labels);
    weights += weight;
  }
  return weighted / weights;
}

/**
 * Step of the central difference. Its error is about h²·f‴/6 + 1e-16·f/h: below 1e-9 for the numbers near 1 used here,
 * a thousandth of what float32 leaves.
 */
export const STEP = 1e-6;

/** dLoss/dParameter by central differences: (f(w + h) - f(w - h)) / 2h, one weight after the other. */
export function numericGradients(network: OracleNetwork, batch: OracleBatch, loss: Loss): Record<string, Float64Array> {
  return Object.fromEntries(
    parametersOf(network).map(({ name, values }) => [
      name,
      values.map((value, index) => {
        values[index] = value + STEP;
        const above = batchLoss(network, batch, loss);
        values[index] = value - STEP;
        const below = batchLoss(network, batch, loss);
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

/** The smallest distance of a weighted sum from a kink of its activation: nearer than a step's reach spoils the difference. */
export function distanceFromKinks(network: OracleNetwork, batch: OracleBatch): number {
  let smallest = Infinity;
  for (const { row } of rowsOf(network, batch)) {
    forward(network, row, (sum, layer) => {
      const { activation } = layer;
      for (const kink of KINKS[typeof activation === 'string' ? activation : activation.kind] ?? []) {
        smallest = Math.min(smallest, Math.abs(sum - kink));
      }
    });
  }
  return smallest;
}

function rowsOf(network: OracleNetwork, batch: OracleBatch): { row: number[]; labels: number[]; weight: number }[] {
  const width = network.layers[0].inputs;
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
