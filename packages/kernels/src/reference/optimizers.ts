import { ADAM_HYPER, type KernelTable, SGD_HYPER } from '../table.ts';
import { fusedMultiplyAdd } from './fusedMultiplyAdd.ts';
import type { MemoryViews } from './memoryViews.ts';

/**
 * Updates of a range of parameters. JavaScript, too, ends a thread only where a function or an iteration begins: so an
 * iteration computes everything first, and its stores stand together, `progress` last, with no call between them.
 */
export function referenceOptimizers(views: MemoryViews): Pick<KernelTable, 'sgd' | 'adam'> {
  return {
    sgd(weights, velocity, gradient, hyper, progress, n) {
      const f = views.float32;
      const words = views.int32;
      const read = (position: number): number => f[(hyper >>> 2) + position];
      const scale = read(SGD_HYPER.scale);
      const learningRate = read(SGD_HYPER.learningRate);
      const momentum = read(SGD_HYPER.momentum);
      const nesterov = read(SGD_HYPER.nesterov) !== 0;
      for (let i = words[progress >>> 2]; i < n; i++) {
        const g = Math.fround(f[(gradient >>> 2) + i] * scale);
        const v = velocity === 0 ? g : fusedMultiplyAdd(momentum, f[(velocity >>> 2) + i], g);
        const step = nesterov && velocity !== 0 ? fusedMultiplyAdd(momentum, v, g) : v;
        const w = fusedMultiplyAdd(-learningRate, step, f[(weights >>> 2) + i]);
        if (velocity !== 0) f[(velocity >>> 2) + i] = v;
        f[(weights >>> 2) + i] = w;
        words[progress >>> 2] = i + 1;
      }
    },

    adam(weights, firstMoment, secondMoment, gradient, hyper, progress, n) {
      const f = views.float32;
      const words = views.int32;
      const read = (position: number): number => f[(hyper >>> 2) + position];
      const scale = read(ADAM_HYPER.scale);
      const stepSize = read(ADAM_HYPER.stepSize);
      const beta1 = read(ADAM_HYPER.beta1);
      const oneMinusBeta1 = read(ADAM_HYPER.oneMinusBeta1);
      const beta2 = read(ADAM_HYPER.beta2);
      const oneMinusBeta2 = read(ADAM_HYPER.oneMinusBeta2);
      const secondCorrection = read(ADAM_HYPER.secondCorrection);
      const epsilon = read(ADAM_HYPER.epsilon);
      for (let i = words[progress >>> 2]; i < n; i++) {
        const g = Math.fround(f[(gradient >>> 2) + i] * scale);
        const gSquared = Math.fround(g * g);
        const m = fusedMultiplyAdd(beta1, f[(firstMoment >>> 2) + i], Math.fround(oneMinusBeta1 * g));
        const v = fusedMultiplyAdd(beta2, f[(secondMoment >>> 2) + i], Math.fround(oneMinusBeta2 * gSquared));
        const divisor = fusedMultiplyAdd(Math.fround(Math.sqrt(v)), secondCorrection, epsilon);
        const w = fusedMultiplyAdd(-stepSize, Math.fround(m / divisor), f[(weights >>> 2) + i]);
        f[(firstMoment >>> 2) + i] = m;
        f[(secondMoment >>> 2) + i] = v;
        f[(weights >>> 2) + i] = w;
        words[progress >>> 2] = i + 1;
      }
    },
  };
}
