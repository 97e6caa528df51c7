import { LN2_HIGH, LN2_LOW, TAYLOR, expOf, polynomial, powerOfTwo, reduceArgument } from './exponential.ts';
import { fusedMultiplyAdd } from './fusedMultiplyAdd.ts';

const float32 = new Float32Array(1);
const float32Bits = new Int32Array(float32.buffer);
const { fround } = Math;

/** exp of any float32. The power of two comes in two factors, of which only the last can round: to subnormal numbers. */
export function fullExpOf(x: number): number {
  const { n, r } = reduceArgument(Math.min(Math.max(x, -104), 89));
  const half = n >> 1;
  return fround(fround(polynomial(TAYLOR, r) * powerOfTwo(half)) * powerOfTwo(n - half));
}

/** 1/7!, 1/6!, … 1/2!. */
const EXPM1 = TAYLOR.slice(0, -2);

/** exp(x) - 1 = 2 · (2^(n-1) · p + (2^(n-1) - ½)), where p = exp(r) - 1 = r + r² · (1/2! + … + r⁵/7!). */
export function expm1Of(x: number): number {
  const { n, r } = reduceArgument(Math.min(Math.max(x, -18), 89));
  const p = fusedMultiplyAdd(fround(r * r), polynomial(EXPM1, r), r);
  const scale = powerOfTwo(n - 1);
  const halved = fusedMultiplyAdd(scale, p, fround(scale - 0.5));
  return fround(halved + halved);
}

/** 1 / (1 + exp(-x)): with e = exp(-|x|) it is e - e · e / (1 + e) below 0, and 1 - e / (1 + e) above. */
export function sigmoidOf(x: number): number {
  return sigmoidFrom(x, fullExpOf(-Math.abs(x)));
}

/** sigmoid(x) where e = exp(-|x|) is known. */
export function sigmoidFrom(x: number, e: number): number {
  const limit = x < 0 ? e : 1;
  return fusedMultiplyAdd(-limit, fround(e / fround(1 + e)), limit);
}

/** (tanh(x) - x) / x³ in x², the highest power first: build/minimax.ts. */
const TANH = [-0.00589515828, 0.0207959712, -0.0537838303, 0.133319244, -0.333332986].map(fround);

/** Up to 0.6 x + x³ · a polynomial, from there on 1 - 2 / (exp(2|x|) + 1). Odd. */
export function tanhOf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < 0.6) {
    const square = fround(magnitude * magnitude);
    return copySign(fusedMultiplyAdd(fround(magnitude * square), polynomial(TANH, square), magnitude), x);
  }
  const bounded = Math.min(magnitude, 10);
  return copySign(fround(1 - fround(2 / fround(expOf(bounded + bounded) + 1))), x);
}

/** The magnitude with the sign of x, also of -0. */
function copySign(magnitude: number, x: number): number {
  return x < 0 || Object.is(x, -0) ? -magnitude : magnitude;
}

/** The bits of the float32 nearest to √½. */
const SQRT_HALF_BITS = 0x3f3504f3;
const SMALLEST_NORMAL = 2 ** -126;

/** (log(1 + f) - f + f²/2) / f³, the highest power first: build/minimax.ts. */
const LOG = [
  -0.0763449892, 0.12761578, -0.131601825, 0.142017573, -0.166233569, 0.200012267, -0.250008196, 0.333333313,
].map(fround);

/** exponent · ln 2 + log(1 + f), for 1 + f in [√½, √2). */
function logOfParts(exponent: number, f: number): number {
  const g = fusedMultiplyAdd(polynomial(LOG, f), f, -0.5);
  const part = fusedMultiplyAdd(fround(f * f), g, f);
  return fusedMultiplyAdd(exponent, LN2_HIGH, fusedMultiplyAdd(exponent, LN2_LOW, part));
}

/** x = 2^exponent · m with m in [√½, √2). */
function splitAtRootHalf(x: number): { exponent: number; m: number } {
  float32[0] = x;
  const exponent = (float32Bits[0] - SQRT_HALF_BITS) >> 23;
  float32Bits[0] -= exponent << 23;
  return { exponent, m: float32[0] };
}

/** log of a float32. */
export function log32Of(x: number): number {
  if (x === 0) return -Infinity;
  if (!(x > 0)) return NaN;
  if (x === Infinity) return x;
  const subnormal = x < SMALLEST_NORMAL;
  const { exponent, m } = splitAtRootHalf(subnormal ? x * 2 ** 23 : x);
  return logOfParts(subnormal ? exponent - 23 : exponent, fround(m - 1));
}

/** log(1 + x): the log of u = 1 + x, whose rounding error (Knuth's TwoSum) joins its fraction. */
export function log1pOf(x: number): number {
  if (x === -1) return -Infinity;
  if (!(x > -1)) return NaN;
  if (x === Infinity) return x;
  const u = fround(1 + x);
  const xPart = fround(u - 1);
  const error = fround(fround(1 - fround(u - xPart)) + fround(x - xPart));
  const { exponent, m } = splitAtRootHalf(u);
  return logOfParts(exponent, fusedMultiplyAdd(error, powerOfTwo(Math.max(-exponent, -126)), fround(m - 1)));
}

/** erf(x) / x - 1 in x² up to 0.9, and log(erfc(x)) from there to 4, the highest powers first: build/minimax.ts. */
const ERF = [-0.000609382754, 0.00501274131, -0.0267795455, 0.112821639, -0.376125276, 0.128379151].map(fround);
const ERFC = [
  0.000198219626, -0.00306548993, 0.0223152116, -0.104113676, -0.636976063, -1.12779725, -0.000166447979,
].map(fround);

/** The error function, odd. */
export function erfOf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < 0.9) return copySign(fusedMultiplyAdd(magnitude, polynomial(ERF, fround(x * x)), magnitude), x);
  return copySign(fround(1 - expOf(polynomial(ERFC, Math.min(magnitude, 4)))), x);
}
