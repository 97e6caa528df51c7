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
 * A normal number of mean 0 and deviation 1, redrawn until it lies in [-2, 2], as number `index` of a sequence
 * (Marsaglia's polar method; each redraw is a further attempt of the same index).
 */
export function truncatedNormal(sequence: RandomSequence, index: number): number {
  for (let attempt = 0; ; attempt += 2) {
    const a = 2 * sequence.uniform(index, attempt) - 1;
    const b = 2 * sequence.uniform(index, attempt + 1) - 1;
    const radius = a * a + b * b;
    if (radius >= 1 || radius === 0) continue;
    const value = a * Math.sqrt((-2 * deterministicLog(radius)) / radius);
    if (Math.abs(value) <= 2) return value;
  }
}
