import type { RowKernels } from '../table/rows.ts';
import { foldInto } from './foldInto.ts';
import { fusedMultiplyAdd } from './fusedMultiplyAdd.ts';
import type { MemoryViews } from './memoryViews.ts';

/** Kernels on rows that lie apart, and sums down their columns. */
export function referenceRows(views: MemoryViews): RowKernels {
  return {
    copyRows(to, toStride, from, fromStride, rows, columns, add) {
      const f = views.float32;
      for (let row = 0; row < rows; row++) {
        for (let j = 0; j < columns; j++) {
          const target = ((to + row * toStride) >>> 2) + j;
          const value = f[((from + row * fromStride) >>> 2) + j];
          f[target] = add === 0 ? value : f[target] + value;
        }
      }
    },

    affineRows(to, toStride, from, fromStride, scale, offset, rows, columns) {
      const f = views.float32;
      for (let row = 0; row < rows; row++) {
        for (let j = 0; j < columns; j++) {
          const x = f[((from + row * fromStride) >>> 2) + j];
          f[((to + row * toStride) >>> 2) + j] = fusedMultiplyAdd(x, f[(scale >>> 2) + j], f[(offset >>> 2) + j]);
        }
      }
    },

    scaleRows(dx, dxStride, dy, dyStride, scale, rows, columns) {
      const f = views.float32;
      for (let row = 0; row < rows; row++) {
        for (let j = 0; j < columns; j++) {
          f[((dx + row * dxStride) >>> 2) + j] = f[((dy + row * dyStride) >>> 2) + j] * f[(scale >>> 2) + j];
        }
      }
    },

    columnSumRows(out, dy, dyStride, rows, columns, folds, foldStride) {
      const f = views.float32;
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let row = 0; row < rows; row++) sum = Math.fround(sum + f[((dy + row * dyStride) >>> 2) + j]);
        foldInto(f, out + j * 4, sum, folds, foldStride);
      }
    },

    weightedSum(out, x, factor, n, folds, foldStride) {
      const f = views.float32;
      for (let i = 0; i < n; i++) {
        foldInto(f, out + i * 4, Math.fround(Math.fround(factor) * f[(x >>> 2) + i]), folds, foldStride);
      }
    },
  };
}
