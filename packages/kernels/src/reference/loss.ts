import type { KernelTable } from '../table.ts';
import { expOf, logOf } from './exponential.ts';
import type { MemoryViews } from './memoryViews.ts';
import { sumOfLanes } from './sumOfLanes.ts';

type Losses = Pick<KernelTable, 'softmax' | 'softmaxCrossEntropy' | 'squaredError'>;

/** Softmax, and the losses with their gradients. */
export function referenceLosses(views: MemoryViews): Losses {
  return {
    softmax(y, x, rows, columns) {
      const f = views.float32;
      for (let row = 0; row < rows; row++) {
        const to = (y >>> 2) + row * columns;
        const sum = rowExponentials(f, to, (x >>> 2) + row * columns, columns);
        for (let i = to; i < to + columns; i++) f[i] /= Math.fround(sum);
      }
    },

    softmaxCrossEntropy(dLogits, sums, logits, labels, weights, rows, classes) {
      const f = views.float32;
      let lossSum = 0;
      let weightSum = 0;
      let correctSum = 0;
      for (let row = 0; row < rows; row++) {
        const from = (logits >>> 2) + row * classes;
        const to = (dLogits >>> 2) + row * classes;
        const label = views.int32[(labels >>> 2) + row];
        const weight = f[(weights >>> 2) + row];
        const maximum = rowMaximum(f, from, classes);
        const distance = Math.fround(f[from + label] - maximum);
        // indexOf finds no NaN, so a broken row counts as wrong.
        if (f.subarray(from, from + classes).indexOf(maximum) === label) correctSum += weight;

        const sum = rowExponentials(f, to, from, classes);
        lossSum += weight * (logOf(sum) - distance);
        weightSum += weight;
        for (let i = 0; i < classes; i++) {
          const probability = Math.fround(f[to + i] / Math.fround(sum));
          f[to + i] = i === label ? Math.fround(probability - 1) * weight : probability * weight;
        }
      }
      views.float64.set([lossSum, weightSum, correctSum], sums >>> 3);
    },

    squaredError(dPredictions, sums, predictions, targets, weights, rows, columns) {
      const f = views.float32;
      let lossSum = 0;
      let weightSum = 0;
      for (let row = 0; row < rows; row++) {
        const weight = f[(weights >>> 2) + row];
        const factor = Math.fround((weight * 2) / columns);
        const offset = row * columns;
        const squares = sumOfLanes(columns, (i) => {
          const difference = Math.fround(f[(predictions >>> 2) + offset + i] - f[(targets >>> 2) + offset + i]);
          f[(dPredictions >>> 2) + offset + i] = factor * difference;
          return difference * difference;
        });
        lossSum += weight * (squares / columns);
        weightSum += weight;
      }
      views.float64.set([lossSum, weightSum, 0], sums >>> 3);
    },
  };
}

/** Largest of f [from … from + columns); NaN if there is one. */
function rowMaximum(f: Float32Array, from: number, columns: number): number {
  let maximum = -Infinity;
  for (let i = from; i < from + columns; i++) maximum = Math.max(maximum, f[i]);
  return maximum;
}

/** f [to …] = exp(f [from …] - maximum); their sum, in float64. */
function rowExponentials(f: Float32Array, to: number, from: number, columns: number): number {
  const maximum = rowMaximum(f, from, columns);
  return sumOfLanes(columns, (i) => (f[to + i] = expOf(Math.fround(f[from + i] - maximum))));
}
