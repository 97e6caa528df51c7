/**
 * Elementary functions of float64 numbers by additions, multiplications and divisions alone: those of `Math` may differ in
 * their last bit between platforms, and nothing that reaches a weight may.
 */

/**
 * Natural logarithm. x = 2^e · m with m in [√½, √2); log m = 2 artanh((m-1)/(m+1)) as a series. Relative error below 1e-15
 * for normal positive x; -Infinity for 0, NaN below.
 */
export function deterministicLog(x: number): number {
  if (x === 0) return -Infinity;
  if (!(x > 0)) return NaN;
  if (x === Infinity) return x;
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

/** log 2 in two parts, so that a whole multiple of the first is exact: its last 21 bits are 0 (Cody & Waite 1980). */
const LN2_HIGH = 0.69314718036912381649;
const LN2_LOW = 1.90821492927058770002e-10;

/** 2^k at place k + 540. */
const POWERS_OF_TWO = new Float64Array(1081);
POWERS_OF_TWO[540] = 1;
for (let k = 1; k <= 540; k++) {
  POWERS_OF_TWO[540 + k] = POWERS_OF_TWO[540 + k - 1] * 2;
  POWERS_OF_TWO[540 - k] = POWERS_OF_TWO[540 - k + 1] / 2;
}

/** Exponential function. x = n·log 2 + r with |r| ≤ ½ log 2; e^r by its series. Relative error below 1e-15. */
export function deterministicExp(x: number): number {
  if (x > 709.8) return Infinity;
  if (x < -745.2) return 0;
  const n = Math.round(x / Math.LN2);
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  // In two factors, as 2^n alone may be beyond what float64 can hold. NaN has no place in the list.
  const half = n >> 1;
  return (1 + r * risingSeries(r)) * POWERS_OF_TWO[540 + half] * POWERS_OF_TWO[540 + (n - half)];
}

/** e^x - 1, without a loss of digits near 0. Relative error below 2e-15. */
export function deterministicExpm1(x: number): number {
  return Math.abs(x) <= 0.34 ? x * risingSeries(x) : deterministicExp(x) - 1;
}

/** Hyperbolic tangent. Relative error below 3e-15. */
export function deterministicTanh(x: number): number {
  // Beyond, it rounds to 1; and the exponential must not become infinite.
  if (Math.abs(x) > 20) return Math.sign(x);
  const grown = deterministicExpm1(2 * x);
  return grown / (grown + 2);
}

/** 1 / (1 + e^-x). Relative error below 2e-15. */
export function deterministicSigmoid(x: number): number {
  // Of a negative number the power of e at most: that of its opposite may be infinite.
  const power = deterministicExp(-Math.abs(x));
  return (x < 0 ? power : 1) / (1 + power);
}

/** (e^r - 1) / r for |r| ≤ ½ log 2: Σ r^k / (k + 1)!, by products alone, as divisions take five times as long. */
function risingSeries(r: number): number {
  // oxfmt-ignore
  return 1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040 + r * (1 / 40320 +
    r * (1 / 362880 + r * (1 / 3628800 + r * (1 / 39916800 + r * (1 / 479001600 + r * (1 / 6227020800 +
    r * (1 / 87178291200)))))))))))));
}

/** Cosine of x in [0, π], by its series around the nearer of 0 and π, or of the sine around π/2. Error below 1e-15. */
export function deterministicCos(x: number): number {
  if (x > Math.PI / 2) return -deterministicCos(Math.PI - x);
  if (x > Math.PI / 4) {
    const rest = Math.PI / 2 - x;
    return rest * alternatingSeries(rest * rest, 2);
  }
  return alternatingSeries(x * x, 1);
}

/** 1 - y/(f·(f+1)) + y²/(f·(f+1)·(f+2)·(f+3)) − …: the cosine with f = 1, the sine over x with f = 2; y = x². */
function alternatingSeries(y: number, first: number): number {
  let series = 1;
  for (let k = 20; k >= 0; k -= 2) series = 1 - (series * y) / ((first + k) * (first + k + 1));
  return series;
}

/** base to the power of exponent, for base ≥ 0. Whole exponents up to 64 multiply, so that 1 and 2 are what they seem. */
export function deterministicPow(base: number, exponent: number): number {
  if (Number.isInteger(exponent) && exponent >= 0 && exponent <= 64) {
    let result = 1;
    for (let k = 0; k < exponent; k++) result *= base;
    return result;
  }
  if (base === 0) return exponent > 0 ? 0 : Infinity;
  return deterministicExp(exponent * deterministicLog(base));
}
