import { floatOfBits } from '../floatBits.ts';
import { PERCEPTRON_PROGRESS } from '../table.ts';
import type { PerceptronKernels } from '../table/perceptron.ts';
import { fusedMultiplyAdd } from './fusedMultiplyAdd.ts';
import type { MemoryViews } from './memoryViews.ts';
import { sumOfLanes } from './sumOfLanes.ts';

/** The perceptron's rule. Between two calls or iterations it changes only what `progress` tells in the same breath. */
export function referencePerceptron(views: MemoryViews): PerceptronKernels {
  return {
    perceptron(weights, bias, mistakes, x, xStride, labels, rows, inputs, learningRate, progress) {
      const f = views.float32;
      const words = views.int32;
      const rowsDone = (progress >>> 2) + PERCEPTRON_PROGRESS.rows;
      const correction = (progress >>> 2) + PERCEPTRON_PROGRESS.correction;
      const rate = floatOfBits(learningRate);
      for (let row = words[rowsDone]; row < rows; row++) {
        const from = (x + row * xStride) >>> 2;
        if (words[correction] === 0) {
          const label = words[(labels >>> 2) + row] !== 0;
          const sum = sumOfLanes(inputs, (i) => f[(weights >>> 2) + i] * f[from + i]);
          const predicted = sum + f[bias >>> 2] > 0;
          if (predicted === label) {
            words[rowsDone] = row + 1;
            continue;
          }
          words[mistakes >>> 2] += 1;
          words[correction] = label ? 1 : -1;
        }
        const error = words[correction] > 0 ? 1 : -1;
        for (let i = words[correction] * error - 1; i < inputs; i++) {
          const corrected = fusedMultiplyAdd(rate * error, f[from + i], f[(weights >>> 2) + i]);
          f[(weights >>> 2) + i] = corrected;
          words[correction] = error * (i + 2);
        }
        f[bias >>> 2] += rate * error;
        words[correction] = 0;
        words[rowsDone] = row + 1;
      }
    },
  };
}
