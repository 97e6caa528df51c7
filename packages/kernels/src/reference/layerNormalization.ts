import { floatOfBits } from '../floatBits.ts';
import type { NormalizationKernels } from '../table/normalization.ts';
import { foldInto } from './foldInto.ts';
import { fusedMultiplyAdd } from './fusedMultiplyAdd.ts';
import type { MemoryViews } from './memoryViews.ts';

type LayerNormalization = Pick<
  NormalizationKernels,
  'layerNormalization' | 'layerNormalizationGradient' | 'normalizedColumnSum'
>;

/** Each row by the mean and the deviation of its own columns. */
export function referenceLayerNormalization(views: MemoryViews): LayerNormalization {
  return {
    layerNormalization(y, yStride, statistics, x, xStride, gamma, beta, rows, columns, epsilon) {
      const f = views.float32;
      for (let row = 0; row < rows; row++) {
        const from = (x + row * xStride) >>> 2;
        const to = (y + row * yStride) >>> 2;
        const mean = sumOfEight(columns, (j) => f[from + j]) / columns;
        const variance = sumOfEight(columns, (j) => (f[from + j] - mean) * (f[from + j] - mean)) / columns;
        const inverse = Math.fround(1 / Math.sqrt(variance + floatOfBits(epsilon)));
        f.set([mean, inverse], (statistics >>> 2) + row * 2);
        for (let j = 0; j < columns; j++) {
          const factor = gamma === 0 ? 1 : f[(gamma >>> 2) + j];
          const term = beta === 0 ? 0 : f[(beta >>> 2) + j];
          f[to + j] = fusedMultiplyAdd(normalized(f[from + j], Math.fround(mean), inverse), factor, term);
        }
      }
    },

    layerNormalizationGradient(dx, dxStride, dy, dyStride, x, xStride, statistics, gamma, rows, columns) {
      const f = views.float32;
      for (let row = 0; row < rows; row++) {
        const mean = f[(statistics >>> 2) + row * 2];
        const inverse = f[(statistics >>> 2) + row * 2 + 1];
        const gradientAt = (j: number): number => {
          const value = f[((dy + row * dyStride) >>> 2) + j];
          return gamma === 0 ? value : Math.fround(value * f[(gamma >>> 2) + j]);
        };
        const normalizedAt = (j: number): number => normalized(f[((x + row * xStride) >>> 2) + j], mean, inverse);
        const meanOfG = Math.fround(sumOfEight(columns, gradientAt) / columns);
        const slope = Math.fround(sumOfEight(columns, (j) => gradientAt(j) * normalizedAt(j)) / columns);
        for (let j = 0; j < columns; j++) {
          const centred = Math.fround(gradientAt(j) - meanOfG);
          f[((dx + row * dxStride) >>> 2) + j] = fusedMultiplyAdd(normalizedAt(j), -slope, centred) * inverse;
        }
      }
    },

    normalizedColumnSum(out, dy, dyStride, x, xStride, statistics, rows, columns, folds, foldStride) {
      const f = views.float32;
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let row = 0; row < rows; row++) {
          const ofRow = (statistics >>> 2) + row * 2;
          const xHat = normalized(f[((x + row * xStride) >>> 2) + j], f[ofRow], f[ofRow + 1]);
          sum = fusedMultiplyAdd(f[((dy + row * dyStride) >>> 2) + j], xHat, sum);
        }
        foldInto(f, out + j * 4, sum, folds, foldStride);
      }
    },
  };
}

/** x̂ of float32 numbers. */
export function normalized(x: number, mean: number, inverse: number): number {
  return Math.fround(Math.fround(x - mean) * inverse);
}

/** Σ term(i) for i < n in float64: eight lanes i mod 8, each in order, then four of them and the other four as a tree. */
function sumOfEight(n: number, term: (i: number) => number): number {
  const l = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) l[i % 8] += term(i);
  return l[0] + l[1] + (l[2] + l[3]) + (l[4] + l[5] + (l[6] + l[7]));
}
