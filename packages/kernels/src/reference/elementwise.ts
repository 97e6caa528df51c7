import { floatOfBits } from '../floatBits.ts';
import type { ElementwiseKernels } from '../table/elementwise.ts';
import { fusedMultiplyAdd } from './fusedMultiplyAdd.ts';
import type { MemoryViews } from './memoryViews.ts';
import { panelAddress } from './product.ts';
import { sumOfLanes } from './sumOfLanes.ts';

/** Kernels that work element by element, or down the columns. */
export function referenceElementwise(views: MemoryViews): ElementwiseKernels {
  return {
    columnSum(out, panels, panelStride, rows, columns, folds, foldStride) {
      const f = views.float32;
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        for (let row = 0; row < rows; row++) {
          sum = Math.fround(sum + f[panelAddress(panels, panelStride, row, column) >>> 2]);
        }
        let target = out + column * 4;
        for (let fold = 0; fold < folds; fold++) {
          if (fold > 0) target -= foldStride;
          sum = Math.fround(f[target >>> 2] + sum);
        }
        f[target >>> 2] = sum;
      }
    },

    sumOfSquares(out, x, n) {
      const f = views.float32;
      views.float64[out >>> 3] = sumOfLanes(n, (i) => f[(x >>> 2) + i] * f[(x >>> 2) + i]);
    },

    accumulate(target, source, keep, progress, n) {
      const f = views.float32;
      const words = views.int32;
      for (let i = words[progress >>> 2]; i < n; i++) {
        const sum = keep ? Math.fround(f[(target >>> 2) + i] + f[(source >>> 2) + i]) : f[(source >>> 2) + i];
        f[(target >>> 2) + i] = sum;
        words[progress >>> 2] = i + 1;
      }
    },

    regularize(penalty, gradient, weights, weight, n, l1, l2) {
      const f = views.float32;
      const [size, square] = [floatOfBits(l1), floatOfBits(l2)];
      for (let i = 0; i < n; i++) {
        const w = f[(weights >>> 2) + i];
        const slope = w < 0 ? -size : size;
        const derivative = fusedMultiplyAdd(Math.fround(2 * square), w, w === 0 ? 0 : slope);
        f[(gradient >>> 2) + i] = fusedMultiplyAdd(f[weight >>> 2], derivative, f[(gradient >>> 2) + i]);
      }
      const sizes = size * sumOfLanes(n, (i) => Math.abs(f[(weights >>> 2) + i]));
      const squares = square * sumOfLanes(n, (i) => f[(weights >>> 2) + i] * f[(weights >>> 2) + i]);
      views.float64[penalty >>> 3] = sizes + squares;
    },
  };
}
