import type { RandomSequence } from './philox.ts';

/**
 * Natural logarithm by additions, multiplications and divisions alone: Math.log may differ in its last bit between
 * platforms, and initial weights must not. x = 2^e · m with m in [√½, √2); log m = 2 artanh((m-1)/(m+1)) as a series.
 * Relative error below 1e-15 for normal positive x.
 */
export function deterministicLog(x: number): number {
  let exponent = 0;
  let mantissa = x;
  while (mantissa >= Math.SQRT2) {
    mantissa /= 2;
    exponent++;
  }
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent--;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let series = 0;
  for (let odd = 21; odd >= 1; odd -= 2) series = series * square + 1 / odd;
  return exponent * Math.LN2 + 2 * s * series;
}

/**
 * Fills `data` with normal numbers of mean 0 and deviation 1, each redrawn until it lies in [-2, 2], times `scale`
 * (Marsaglia's polar method: element i takes number i of two attempts as a point, and of two further ones if that is
 * outside). Four elements share the blocks of their attempts, so they are drawn together, attempt by attempt.
 */
export function fillTruncatedNormal(data: Float32Array, sequence: RandomSequence, scale: number): void {
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
        if (Math.abs(value) > 2) continue;
        data[i + k] = value * scale;
        pending &= ~(1 << k);
      }
    }
  }
}
