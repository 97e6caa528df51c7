import type { ActivationKernels } from '../table/activations.ts';
import { expOf } from './exponential.ts';
import type { MemoryViews } from './memoryViews.ts';
import { sumOfLanes } from './sumOfLanes.ts';

const { fround } = Math;

/** Softmax of rows, and its gradient. */
export function referenceSoftmax(views: MemoryViews): Pick<ActivationKernels, 'softmax' | 'softmaxGradient'> {
  return {
    softmax(y, x, rows, columns) {
      const f = views.float32;
      for (let row = 0; row < rows; row++) {
        const to = (y >>> 2) + row * columns;
        const sum = rowExponentials(f, to, (x >>> 2) + row * columns, columns);
        for (let i = to; i < to + columns; i++) f[i] /= fround(sum);
      }
    },

    softmaxGradient(dx, dy, y, rows, columns) {
      const f = views.float32;
      for (let row = 0; row < rows; row++) {
        const [to, from, result] = [dx, dy, y].map((address) => (address >>> 2) + row * columns);
        const sum = fround(sumOfLanes(columns, (i) => f[from + i] * f[result + i]));
        for (let i = 0; i < columns; i++) f[to + i] = f[result + i] * fround(f[from + i] - sum);
      }
    },
  };
}

/** Largest of f [from … from + columns); NaN if there is one. */
export function rowMaximum(f: Float32Array, from: number, columns: number): number {
  let maximum = -Infinity;
  for (let i = from; i < from + columns; i++) maximum = Math.max(maximum, f[i]);
  return maximum;
}

/** f [to …] = exp(f [from …] - maximum); their sum, in float64. */
export function rowExponentials(f: Float32Array, to: number, from: number, columns: number): number {
  const maximum = rowMaximum(f, from, columns);
  return sumOfLanes(columns, (i) => (f[to + i] = expOf(fround(f[from + i] - maximum))));
}
