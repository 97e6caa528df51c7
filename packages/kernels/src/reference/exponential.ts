import { fusedMultiplyAdd } from './fusedMultiplyAdd.ts';

const float32 = new Float32Array(1);
const float32Bits = new Int32Array(float32.buffer);
const float64 = new Float64Array(1);
const float64Words = new Uint32Array(float64.buffer);

/** Below this exp(x) leaves the normal float32 numbers; the result is 0. */
const SMALLEST_ARGUMENT = Math.fround(-87.3);
/** 1.5 · 2^23: added to a float32 it rounds it to an integer, which then stands in the low bits. */
const ROUNDING_SHIFT = 12582912;
const LOG2_E = Math.fround(1.4426950408889634);
/** ln 2 in two parts: the float32 nearest to it, and what that leaves. */
export const LN2_HIGH: number = Math.fround(0.6931471805599453);
export const LN2_LOW: number = Math.fround(0.6931471805599453 - LN2_HIGH);
/** 1/7!, 1/6!, … 1/0!. */
export const TAYLOR: readonly number[] = [5040, 720, 120, 24, 6, 2, 1, 1].map((factorial) =>
  Math.fround(1 / factorial),
);

/** exp of a float32, for x <= 88 (above, the result means nothing), within 1 ulp; NaN gives NaN. */
export function expOf(x: number): number {
  if (x < SMALLEST_ARGUMENT) return 0;
  const { n, r } = reduceArgument(x);
  return Math.fround(polynomial(TAYLOR, r) * powerOfTwo(n));
}

/** x = n·ln 2 + r with |r| <= ln 2 / 2. */
export function reduceArgument(x: number): { n: number; r: number } {
  const n = Math.fround(fusedMultiplyAdd(x, LOG2_E, ROUNDING_SHIFT) - ROUNDING_SHIFT);
  return { n, r: fusedMultiplyAdd(n, -LN2_LOW, fusedMultiplyAdd(n, -LN2_HIGH, x)) };
}

/** Σ coefficients · x^power, the highest power first, by fused multiply-adds. */
export function polynomial(coefficients: readonly number[], x: number): number {
  let sum = coefficients[0];
  for (let i = 1; i < coefficients.length; i++) sum = fusedMultiplyAdd(sum, x, coefficients[i]);
  return sum;
}

/** 2^n for -126 <= n <= 127. */
export function powerOfTwo(n: number): number {
  float32Bits[0] = (n + 127) << 23;
  return float32[0];
}

const SQRT_2 = 1.4142135623730951;
const LN2 = 0.6931471805599453;
const TWO_POW_54 = 18014398509481984;
const SMALLEST_NORMAL = 2.2250738585072014e-308;

/** log of a float64: x = 2^e · m with m in [√½, √2), log m = 2 atanh f, f = (m - 1) / (m + 1), up to f²¹ / 21. */
export function logOf(x: number): number {
  if (x === 0) return -Infinity;
  if (!(x > 0) || x === Infinity) return x === Infinity ? x : NaN;
  let exponent = 0;
  if (x < SMALLEST_NORMAL) {
    x *= TWO_POW_54;
    exponent = -54;
  }
  float64[0] = x;
  exponent += (float64Words[1] >>> 20) - 1023;
  float64Words[1] = (float64Words[1] & 0xfffff) | 0x3ff00000;
  let m = float64[0];
  if (m >= SQRT_2) {
    m *= 0.5;
    exponent += 1;
  }
  const f = (m - 1) / (m + 1);
  const s = f * f;
  let series = 1 / 21;
  for (let divisor = 19; divisor >= 3; divisor -= 2) series = series * s + 1 / divisor;
  return exponent * LN2 + (2 * f + 2 * f * s * series);
}
