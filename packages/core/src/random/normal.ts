import { deterministicLog } from '../elementary.ts';
import type { RandomSequence } from './philox.ts';

/**
 * Fills `data` with normal numbers of deviation 1, each redrawn until it lies in [-limit, limit], times `scale`, around `mean`
 * (Marsaglia's polar method: element i takes number i of two attempts as a point, and of two further ones if that is
 * outside). Four elements share the blocks of their attempts, so they are drawn together, attempt by attempt.
 */
export function fillNormal(data: Float32Array, sequence: RandomSequence, scale: number, limit: number, mean = 0): void {
  const abscissas = new Float64Array(4);
  for (let i = 0; i < data.length; i += 4) {
    const count = Math.min(4, data.length - i);
    let pending = (1 << count) - 1;
    for (let attempt = 0; pending !== 0; attempt += 2) {
      for (let k = 0; k < count; k++) abscissas[k] = 2 * sequence.uniform(i + k, attempt) - 1;
      for (let k = 0; k < count; k++) {
        if ((pending & (1 << k)) === 0) continue;
        const a = abscissas[k];
        const b = 2 * sequence.uniform(i + k, attempt + 1) - 1;
        const radius = a * a + b * b;
        if (radius >= 1 || radius === 0) continue;
        const value = a * Math.sqrt((-2 * deterministicLog(radius)) / radius);
        if (Math.abs(value) > limit) continue;
        data[i + k] = mean + value * scale;
        pending &= ~(1 << k);
      }
    }
  }
}
