import type { KernelTable } from '../table.ts';
import type { MemoryViews } from './memoryViews.ts';
import { sumOfLanes } from './sumOfLanes.ts';

type Elementwise = Pick<KernelTable, 'addBias' | 'relu' | 'reluGradient' | 'columnSum' | 'add' | 'sumOfSquares'>;

/** Kernels that work element by element, or down the columns. */
export function referenceElementwise(views: MemoryViews): Elementwise {
  return {
    addBias(y, bias, rows, columns) {
      const x = views.float32;
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          x[(y >>> 2) + row * columns + column] += x[(bias >>> 2) + column];
        }
      }
    },

    relu(y, x, n) {
      const f = views.float32;
      for (let i = 0; i < n; i++) {
        const value = f[(x >>> 2) + i];
        // NaN is not <= 0 and stays; -0 is, and becomes +0.
        f[(y >>> 2) + i] = value <= 0 ? 0 : value;
      }
    },

    reluGradient(dx, dy, y, n) {
      const f = views.float32;
      for (let i = 0; i < n; i++) f[(dx >>> 2) + i] = f[(y >>> 2) + i] > 0 ? f[(dy >>> 2) + i] : 0;
    },

    columnSum(out, x, rows, columns, accumulate) {
      const f = views.float32;
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        for (let row = 0; row < rows; row++) sum = Math.fround(sum + f[(x >>> 2) + row * columns + column]);
        const target = (out >>> 2) + column;
        f[target] = accumulate ? f[target] + sum : sum;
      }
    },

    add(out, a, n) {
      const f = views.float32;
      for (let i = 0; i < n; i++) f[(out >>> 2) + i] += f[(a >>> 2) + i];
    },

    sumOfSquares(out, x, n) {
      const f = views.float32;
      views.float64[out >>> 3] = sumOfLanes(n, (i) => f[(x >>> 2) + i] * f[(x >>> 2) + i]);
    },
  };
}
