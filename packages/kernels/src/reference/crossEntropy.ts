import { floatOfBits } from '../floatBits.ts';
import type { LossKernels } from '../table/losses.ts';
import { logOf } from './exponential.ts';
import { log32Of } from './functions.ts';
import { fusedMultiplyAdd } from './fusedMultiplyAdd.ts';
import { EPSILON, ONE_MINUS_EPSILON, clamp, isWithin } from './loss.ts';
import type { MemoryViews } from './memoryViews.ts';
import { rowExponentials, rowMaximum } from './softmax.ts';
import { sumOfLanes } from './sumOfLanes.ts';

type CrossEntropies = Pick<
  LossKernels,
  'softmaxCrossEntropy' | 'softmaxCrossEntropyDense' | 'crossEntropy' | 'crossEntropyDense'
>;
/** A row, as places in float32: of its gradient, its outputs, and its targets or label; and its weight. */
interface Row {
  to: number;
  from: number;
  target: number;
  weight: number;
}

const { fround } = Math;

/** The first place where f [from … from + columns) is largest; -1 where it is NaN. */
function firstMaximum(f: Float32Array, from: number, columns: number): number {
  // indexOf finds no NaN, so a broken row counts as wrong.
  return f.subarray(from, from + columns).indexOf(rowMaximum(f, from, columns));
}

function sameFirstMaximum(f: Float32Array, { from, target }: Row, columns: number): boolean {
  const place = firstMaximum(f, from, columns);
  return place >= 0 && place === firstMaximum(f, target, columns);
}

/** Cross-entropies over the classes of a row, from logits or from probabilities, with their gradients. */
export function referenceCrossEntropies(views: MemoryViews): CrossEntropies {
  /** Calls `loss` for each row, which says its loss and whether it is right, and adds up. `dense`: targets are rows too. */
  function addRows(
    [d, sums, outputs, targets, weights, rows, classes]: readonly number[],
    dense: boolean,
    loss: (row: Row) => { loss: number; correct: boolean },
  ): void {
    let lossSum = 0;
    let weightSum = 0;
    let correctSum = 0;
    for (let i = 0; i < rows; i++) {
      const weight = views.float32[(weights >>> 2) + i];
      const offset = i * classes;
      const target = (targets >>> 2) + (dense ? offset : i);
      const row = loss({ to: (d >>> 2) + offset, from: (outputs >>> 2) + offset, target, weight });
      lossSum += weight * row.loss;
      weightSum += weight;
      if (row.correct) correctSum += weight;
    }
    views.float64.set([lossSum, weightSum, correctSum], sums >>> 3);
  }

  return {
    softmaxCrossEntropy(d, sums, logits, labels, weights, rows, classes, bits = 0) {
      const f = views.float32;
      const smoothing = floatOfBits(bits);
      const share = smoothing / classes;
      addRows([d, sums, logits, labels, weights, rows, classes], false, ({ to, from, target, weight }) => {
        const label = views.int32[target];
        const maximum = rowMaximum(f, from, classes);
        const distanceOf = (i: number): number => fround(f[from + i] - maximum);
        let distance = distanceOf(label);
        if (smoothing !== 0) distance = (1 - smoothing) * distance + share * sumOfLanes(classes, distanceOf);
        const correct = firstMaximum(f, from, classes) === label;

        const sum = rowExponentials(f, to, from, classes);
        for (let i = 0; i < classes; i++) {
          const probability = fround(f[to + i] / fround(sum));
          f[to + i] = fround(probability - fround(i === label ? 1 - smoothing + share : share)) * weight;
        }
        return { loss: logOf(sum) - distance, correct };
      });
    },

    softmaxCrossEntropyDense(d, sums, logits, targets, weights, rows, classes, bits) {
      const f = views.float32;
      const smoothing = floatOfBits(bits);
      addRows([d, sums, logits, targets, weights, rows, classes], true, (row) => {
        const { to, from, target, weight } = row;
        const smoothed = smoother(f, target, smoothing, classes);
        const maximum = rowMaximum(f, from, classes);
        const correct = sameFirstMaximum(f, row, classes);
        const total = sumOfLanes(classes, smoothed);
        const expectation = sumOfLanes(classes, (i) =>
          smoothed(i) === 0 ? 0 : fround(smoothed(i) * fround(f[from + i] - maximum)),
        );

        const sum = rowExponentials(f, to, from, classes);
        for (let i = 0; i < classes; i++) {
          const probability = fround(f[to + i] / fround(sum));
          f[to + i] = fusedMultiplyAdd(probability, fround(total), -smoothed(i)) * weight;
        }
        return { loss: total * logOf(sum) - expectation, correct };
      });
    },

    crossEntropy(d, sums, probabilities, labels, weights, rows, classes) {
      const f = views.float32;
      addRows([d, sums, probabilities, labels, weights, rows, classes], false, ({ to, from, target, weight }) => {
        const label = views.int32[target];
        const correct = firstMaximum(f, from, classes) === label;
        const sum = fround(sumOfLanes(classes, (i) => f[from + i]));
        const q = fround(f[from + label] / sum);
        const inside = isWithin(q, EPSILON, ONE_MINUS_EPSILON);
        const factor = inside ? weight / sum : 0;
        f.fill(factor, to, to + classes);
        if (inside) f[to + label] = factor * (1 - 1 / q);
        return { loss: -logOf(clamp(q, EPSILON, ONE_MINUS_EPSILON)), correct };
      });
    },

    crossEntropyDense(d, sums, probabilities, targets, weights, rows, classes, bits) {
      const f = views.float32;
      const smoothing = floatOfBits(bits);
      addRows([d, sums, probabilities, targets, weights, rows, classes], true, (row) => {
        const { to, from, target, weight } = row;
        const smoothed = smoother(f, target, smoothing, classes);
        const correct = sameFirstMaximum(f, row, classes);
        const sum = fround(sumOfLanes(classes, (i) => f[from + i]));
        const q = Array.from({ length: classes }, (_, i) => fround(f[from + i] / sum));
        const inside = q.map((value) => isWithin(value, EPSILON, ONE_MINUS_EPSILON));
        const total = fround(sumOfLanes(classes, (i) => (inside[i] ? smoothed(i) : 0)));
        const factor = fround(weight / sum);
        const loss = sumOfLanes(classes, (i) => fround(smoothed(i) * log32Of(clamp(q[i], EPSILON, ONE_MINUS_EPSILON))));
        for (let i = 0; i < classes; i++) {
          f[to + i] = factor * fround(total - (inside[i] ? fround(smoothed(i) / q[i]) : 0));
        }
        return { loss: -loss, correct };
      });
    },
  };
}

/** The targets of a row, smoothed. */
function smoother(f: Float32Array, target: number, smoothing: number, classes: number): (i: number) => number {
  const keep = fround(1 - smoothing);
  const share = fround(smoothing / classes);
  return (i) => fusedMultiplyAdd(f[target + i], keep, share);
}
