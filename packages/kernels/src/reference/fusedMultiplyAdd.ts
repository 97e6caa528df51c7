const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);

/**
 * a · b + c of float32 numbers, rounded once to float32.
 *
 * The product of two float32 is exact in float64. Their sum with c is rounded to odd (Boldo & Melquiond 2008): the exact
 * error of the addition (Knuth's TwoSum) says on which side the true value lies, and if it is not the float64 at hand,
 * of its two neighbours the one with an odd last bit is taken. Rounding that to float32 is as rounding the true value.
 */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const cPart = sum - product;
  const error = product - (sum - cPart) + (c - cPart);
  // Exact, or infinite or NaN, where `error` is NaN.
  if (error === 0 || Number.isNaN(error)) return Math.fround(sum);
  float64[0] = sum;
  if ((words[0] & 1) === 0) {
    if (error > 0 === sum > 0) {
      words[0] |= 1;
    } else {
      if (words[0] === 0) words[1] -= 1;
      words[0] -= 1;
    }
  }
  return Math.fround(float64[0]);
}
