import type { Loss } from '@lockstep/core';

/** What the losses of Keras 3 clip probabilities and logarithms with. */
const EPSILON = 1e-7;

/** Losses of one row in double precision, from their definitions; `outputs` have gone through the last activation. */
export function rowLoss(loss: Loss, outputs: readonly number[], labels: readonly number[]): number {
  const kind = typeof loss === 'string' ? loss : loss.kind;
  const numbers = { labelSmoothing: 0, fromLogits: false, delta: 1, ...(typeof loss === 'string' ? {} : loss) };
  const mean = (term: (output: number, label: number) => number): number => sum(term) / outputs.length;
  const sum = (term: (output: number, label: number) => number): number =>
    outputs.reduce((total, output, i) => total + term(output, labels[i]), 0);
  const smoothed = (label: number, classes: number): number =>
    label * (1 - numbers.labelSmoothing) + numbers.labelSmoothing / classes;
  switch (kind) {
    case 'sparseCategoricalCrossentropy':
    case 'categoricalCrossentropy': {
      const p = numbers.fromLogits ? softmax(outputs) : outputs;
      const targets = kind === 'categoricalCrossentropy' ? labels : p.map((_, i) => (i === labels[0] ? 1 : 0));
      return -p.reduce((total, value, i) => total + smoothed(targets[i], p.length) * Math.log(value), 0);
    }
    case 'binaryCrossentropy':
      return mean((output, label) => {
        const p = numbers.fromLogits ? 1 / (1 + Math.exp(-output)) : output;
        const target = smoothed(label, 2);
        return -(target * Math.log(p) + (1 - target) * Math.log1p(-p));
      });
    case 'meanSquaredError':
      return mean((output, label) => (output - label) ** 2);
    case 'meanAbsoluteError':
      return mean((output, label) => Math.abs(output - label));
    case 'huber':
      return mean((output, label) => {
        const error = Math.abs(output - label);
        return error <= numbers.delta ? error ** 2 / 2 : numbers.delta * error - numbers.delta ** 2 / 2;
      });
    case 'logCosh':
      return mean((output, label) => Math.log(Math.cosh(output - label)));
    case 'hinge':
      return mean((output, label) => Math.max(0, 1 - (label === 0 ? -1 : label) * output));
    case 'perceptron':
      // Of weighted sums: an answer y that differs from its label costs what it is away from the line.
      return sum((z, label) => ((z > 0 ? 1 : 0) - label) * z);
    case 'klDivergence':
      return sum((output, label) => {
        const t = Math.min(Math.max(label, EPSILON), 1);
        return t * Math.log(t / Math.min(Math.max(output, EPSILON), 1));
      });
    case 'custom':
      return mean((output, label) => {
        const tau = typeof loss === 'object' && 'options' in loss ? Number(loss.options['tau']) : NaN;
        return (label > output ? tau : 1 - tau) * (label - output) ** 2;
      });
    case 'poisson':
      return mean((output, label) => output - label * Math.log(output + EPSILON));
    default:
      throw new Error(`the oracle has no loss ${String(kind)}`);
  }
}

function softmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}
