import { floatOfBits } from '../floatBits.ts';
import type { LossKernels } from '../table/losses.ts';
import { LN2_HIGH } from './exponential.ts';
import { fullExpOf, log1pOf, log32Of, sigmoidFrom, tanhOf } from './functions.ts';
import { fusedMultiplyAdd } from './fusedMultiplyAdd.ts';
import type { MemoryViews } from './memoryViews.ts';
import { sumOfLanes } from './sumOfLanes.ts';

const { fround } = Math;
/** Keras's epsilon. */
export const EPSILON: number = fround(1e-7);
export const ONE_MINUS_EPSILON: number = fround(1 - 1e-7);

export function clamp(x: number, least: number, most: number): number {
  return Math.min(Math.max(x, least), most);
}

export function isWithin(x: number, least: number, most: number): boolean {
  return x >= least && x <= most;
}

/** What an element adds to the loss of its row, the derivative of that, and whether it is right. */
interface Compared {
  term: number;
  gradient: number;
  agrees?: boolean;
}

/** `number`: delta of huber, label smoothing of the cross-entropies. */
type Comparison = (x: number, target: number, number: number) => Compared;

const squared: Comparison = (x, target) => {
  const difference = fround(x - target);
  // The square is exact in float64.
  return { term: difference * difference, gradient: difference };
};

const absolute: Comparison = (x, target) => {
  const difference = fround(x - target);
  return { term: Math.abs(difference), gradient: Math.sign(difference) };
};

const huber: Comparison = (x, target, delta) => {
  const difference = fround(x - target);
  const gradient = clamp(difference, -delta, delta);
  return { term: fround(gradient * fusedMultiplyAdd(gradient, -0.5, difference)), gradient };
};

const logCosh: Comparison = (x, target) => {
  const difference = fround(x - target);
  const magnitude = Math.abs(difference);
  const rest = fround(log1pOf(fullExpOf(fround(magnitude * -2))) - LN2_HIGH);
  return { term: fround(magnitude + rest), gradient: tanhOf(difference) };
};

const hinge: Comparison = (x, target) => {
  const sign = target === 0 ? -1 : target;
  const margin = fusedMultiplyAdd(-sign, x, 1);
  return {
    term: Math.max(margin, 0),
    gradient: margin > 0 ? -sign : 0,
    agrees: !Number.isNaN(x) && x > 0 === sign > 0,
  };
};

const poisson: Comparison = (x, target) => {
  const shifted = fround(x + EPSILON);
  return {
    term: fusedMultiplyAdd(-target, log32Of(shifted), x),
    gradient: fround(1 - fround(target / shifted)),
  };
};

const kullbackLeibler: Comparison = (x, target) => {
  const clipped = clamp(target, EPSILON, 1);
  const ratio = fround(clipped / clamp(x, EPSILON, 1));
  return { term: fround(clipped * log32Of(ratio)), gradient: isWithin(x, EPSILON, 1) ? -ratio : 0 };
};

function smooth(target: number, smoothing: number): number {
  return fusedMultiplyAdd(target, fround(1 - smoothing), fround(smoothing * 0.5));
}

const fromLogit: Comparison = (z, target, smoothing) => {
  const smoothed = smooth(target, smoothing);
  const e = fullExpOf(-Math.abs(z));
  return {
    term: fround(fusedMultiplyAdd(-z, smoothed, Math.max(z, 0)) + log1pOf(e)),
    gradient: fround(sigmoidFrom(z, e) - smoothed),
    agrees: !Number.isNaN(z) && z > 0 === target > 0.5,
  };
};

const fromProbability: Comparison = (p, target, smoothing) => {
  const smoothed = smooth(target, smoothing);
  const q = clamp(p, EPSILON, ONE_MINUS_EPSILON);
  const other = fround(fround(1 - smoothed) * log1pOf(-q));
  const slope = fround(fround(q - smoothed) / fround(q * fround(1 - q)));
  return {
    term: -fusedMultiplyAdd(smoothed, log32Of(q), other),
    gradient: isWithin(p, EPSILON, ONE_MINUS_EPSILON) ? slope : 0,
    agrees: !Number.isNaN(p) && p > 0.5 === target > 0.5,
  };
};

const perceptron: Comparison = (z, target) => {
  const gradient = fround((z > 0 ? 1 : 0) - target);
  return { term: fround(gradient * z), gradient, agrees: !Number.isNaN(z) && z > 0 === target > 0.5 };
};

type Loss = LossKernels['huber'];

/** Losses that compare element by element, with their gradients. */
export function referenceLosses(
  views: MemoryViews,
): Omit<LossKernels, 'softmaxCrossEntropy' | 'softmaxCrossEntropyDense' | 'crossEntropy' | 'crossEntropyDense'> {
  /** `power`: what the gradient is multiplied by. `summed`: the row's loss is the sum over its columns, else the mean. */
  function kernel(compare: Comparison, { power = 1, summed = false } = {}): Loss {
    return (d, sums, x, targets, weights, rows, columns, bits) => {
      const f = views.float32;
      const number = floatOfBits(bits);
      const divisor = summed ? 1 : columns;
      let lossSum = 0;
      let weightSum = 0;
      let correctSum = 0;
      for (let row = 0; row < rows; row++) {
        const weight = f[(weights >>> 2) + row];
        const factor = fround((weight * power) / divisor);
        const offset = row * columns;
        let agreeing = 0;
        const sum = sumOfLanes(columns, (i) => {
          const { term, gradient, agrees } = compare(
            f[(x >>> 2) + offset + i],
            f[(targets >>> 2) + offset + i],
            number,
          );
          f[(d >>> 2) + offset + i] = factor * gradient;
          if (agrees) agreeing++;
          return term;
        });
        lossSum += weight * (sum / divisor);
        weightSum += weight;
        correctSum += weight * (agreeing / columns);
      }
      views.float64.set([lossSum, weightSum, correctSum], sums >>> 3);
    };
  }
  /** A loss without a number. */
  const plain =
    (loss: Loss): LossKernels['squaredError'] =>
    (...operands) =>
      loss(...operands, 0);

  return {
    squaredError: plain(kernel(squared, { power: 2 })),
    absoluteError: plain(kernel(absolute)),
    huber: kernel(huber),
    logCosh: plain(kernel(logCosh)),
    hinge: plain(kernel(hinge)),
    perceptron: plain(kernel(perceptron, { summed: true })),
    poisson: plain(kernel(poisson)),
    kullbackLeibler: plain(kernel(kullbackLeibler, { summed: true })),
    sigmoidCrossEntropy: kernel(fromLogit),
    binaryCrossEntropy: kernel(fromProbability),
  };
}
