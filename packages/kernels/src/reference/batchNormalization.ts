import { floatOfBits } from '../floatBits.ts';
import { MOVING_AVERAGE_HYPER } from '../table.ts';
import type { NormalizationKernels } from '../table/normalization.ts';
import { foldInto } from './foldInto.ts';
import { fusedMultiplyAdd } from './fusedMultiplyAdd.ts';
import { normalized } from './layerNormalization.ts';
import type { MemoryViews } from './memoryViews.ts';

type BatchNormalization = Omit<
  NormalizationKernels,
  'layerNormalization' | 'layerNormalizationGradient' | 'normalizedColumnSum'
>;

/** Each column by the mean and the deviation of its own rows. */
export function referenceBatchNormalization(views: MemoryViews): BatchNormalization {
  return {
    batchStatistics(mean, variance, x, xStride, rows, columns) {
      const f = views.float32;
      const count = Math.max(rows, 1);
      for (let j = 0; j < columns; j++) {
        const valueAt = (row: number): number => f[((x + row * xStride) >>> 2) + j];
        const average = chain(rows, valueAt) / count;
        const squares = chain(rows, (row) => (valueAt(row) - average) * (valueAt(row) - average));
        f[(mean >>> 2) + j] = average;
        f[(variance >>> 2) + j] = squares / count;
      }
    },

    batchNormalization(y, yStride, x, xStride, mean, variance, gamma, beta, rows, columns, epsilon) {
      const f = views.float32;
      for (let j = 0; j < columns; j++) {
        const inverse = inverseDeviation(f[(variance >>> 2) + j], epsilon);
        const scale = gamma === 0 ? inverse : Math.fround(f[(gamma >>> 2) + j] * inverse);
        const term = beta === 0 ? 0 : f[(beta >>> 2) + j];
        for (let row = 0; row < rows; row++) {
          const distance = Math.fround(f[((x + row * xStride) >>> 2) + j] - f[(mean >>> 2) + j]);
          f[((y + row * yStride) >>> 2) + j] = fusedMultiplyAdd(distance, scale, term);
        }
      }
    },

    // oxfmt-ignore
    batchNormalizationGradient(
      dx, dxStride, dy, dyStride, x, xStride, mean, variance, gamma, rows, columns, epsilon,
    ) {
      const f = views.float32;
      for (let j = 0; j < columns; j++) {
        const inverse = inverseDeviation(f[(variance >>> 2) + j], epsilon);
        const scale = gamma === 0 ? inverse : Math.fround(f[(gamma >>> 2) + j] * inverse);
        const gradientAt = (row: number): number => f[((dy + row * dyStride) >>> 2) + j];
        const normalizedAt = (row: number): number =>
          normalized(f[((x + row * xStride) >>> 2) + j], f[(mean >>> 2) + j], inverse);
        const meanOfDy = Math.fround(chain(rows, gradientAt) / rows);
        const slope = Math.fround(chain(rows, (row) => gradientAt(row) * normalizedAt(row)) / rows);
        for (let row = 0; row < rows; row++) {
          const centred = Math.fround(gradientAt(row) - meanOfDy);
          f[((dx + row * dxStride) >>> 2) + j] = fusedMultiplyAdd(normalizedAt(row), -slope, centred) * scale;
        }
      }
    },

    // oxfmt-ignore
    batchNormalizedColumnSum(
      out, dy, dyStride, x, xStride, mean, variance, rows, columns, epsilon, folds, foldStride,
    ) {
      const f = views.float32;
      for (let j = 0; j < columns; j++) {
        const inverse = inverseDeviation(f[(variance >>> 2) + j], epsilon);
        let sum = 0;
        for (let row = 0; row < rows; row++) {
          const xHat = normalized(f[((x + row * xStride) >>> 2) + j], f[(mean >>> 2) + j], inverse);
          sum = fusedMultiplyAdd(f[((dy + row * dyStride) >>> 2) + j], xHat, sum);
        }
        foldInto(f, out + j * 4, sum, folds, foldStride);
      }
    },

    movingAverage(moving, batch, hyper, progress, n) {
      const f = views.float32;
      const words = views.int32;
      const scale = f[(hyper >>> 2) + MOVING_AVERAGE_HYPER.scale];
      const momentum = f[(hyper >>> 2) + MOVING_AVERAGE_HYPER.momentum];
      const rest = Math.fround(1 - momentum);
      for (let i = words[progress >>> 2]; i < n; i++) {
        const scaled = Math.fround(f[(batch >>> 2) + i] * scale);
        f[(moving >>> 2) + i] = fusedMultiplyAdd(momentum, f[(moving >>> 2) + i], Math.fround(rest * scaled));
        words[progress >>> 2] = i + 1;
      }
    },
  };
}

/** 1 / √(variance + epsilon), a float32. */
function inverseDeviation(variance: number, epsilon: number): number {
  return Math.fround(1 / Math.sqrt(variance + floatOfBits(epsilon)));
}

/** Σ term(row) in float64, in order. */
function chain(rows: number, term: (row: number) => number): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += term(row);
  return sum;
}
