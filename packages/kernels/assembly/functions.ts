// Functions of float32, four lanes at a time, over the whole range. Errors are tested over all exponents and hold in units in
// the last place (ulp) of the exact result: functions.test.ts. Polynomials are from build/minimax.ts.

import {
  LN2_HIGH, LN2_LOW, expOf, expPolynomial, expPolynomialFromSquare, reduceArgument, roundedQuotient, wholeNumber,
} from './exponential';
import { loadUpTo, storeUpTo } from './lanes';

// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  return f32x4.relaxed_madd(a, b, c);
}

/** p · x + c: a step of a polynomial by Horner's rule. */
// @ts-ignore: decorator
@inline
function step(p: v128, x: v128, c: f32): v128 {
  return f32x4.relaxed_madd(p, x, f32x4.splat(c));
}

/** 2^n for -126 <= n <= 127. */
// @ts-ignore: decorator
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** x, but at least `least`. One instruction, while f32x4.max is ten; NaN stays, and -0 where `least` is 0. */
// @ts-ignore: decorator
@inline
export function atLeast(x: v128, least: v128): v128 {
  return f32x4.pmax(x, least);
}

/** x, but at most `most`; NaN stays. */
// @ts-ignore: decorator
@inline
export function atMost(x: v128, most: v128): v128 {
  return f32x4.pmin(x, most);
}

// @ts-ignore: decorator
@inline
export function clamp(x: v128, least: f32, most: f32): v128 {
  return atMost(atLeast(x, f32x4.splat(least)), f32x4.splat(most));
}

/** 1 or -1 with the sign of x; 0, -0 and NaN stay. */
// @ts-ignore: decorator
@inline
export function signOf(x: v128): v128 {
  const sign = copySign(f32x4.splat(1), x);
  return v128.bitselect(sign, x, f32x4.gt(f32x4.abs(x), f32x4.splat(0)));
}

/** exp of any float32, within 1 ulp. The power of two comes in two factors, of which only the last can round. */
export function fullExpOf(x: v128): v128 {
  const bounded = clamp(x, -104, 89);
  const shifted = roundedQuotient(bounded);
  const n = wholeNumber(shifted);
  const half = i32x4.shr_s(n, 1);
  const p = expPolynomial(reduceArgument(bounded, shifted));
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(n, half)));
}

/** exp(x) - 1 = 2 · (2^(n-1) · p + (2^(n-1) - ½)), where p = exp(r) - 1 = r + r² · (1/2! + … + r⁵/7!); within 2 ulp. */
export function expm1Of(x: v128): v128 {
  const bounded = clamp(x, -18, 89);
  const shifted = roundedQuotient(bounded);
  const r = reduceArgument(bounded, shifted);
  const p = fma(f32x4.mul(r, r), expPolynomialFromSquare(r), r);
  const scale = powerOfTwo(i32x4.sub(wholeNumber(shifted), i32x4.splat(1)));
  const halved = fma(scale, p, f32x4.sub(scale, f32x4.splat(0.5)));
  return f32x4.add(halved, halved);
}

/** 1 / (1 + exp(-x)): with e = exp(-|x|) it is e - e · e / (1 + e) below 0, and 1 - e / (1 + e) above; within 2 ulp. */
// @ts-ignore: decorator
@inline
export function sigmoidOf(x: v128): v128 {
  return sigmoidFrom(x, expOfNegativeMagnitude(x));
}

/** exp(-|x|). */
// @ts-ignore: decorator
@inline
export function expOfNegativeMagnitude(x: v128): v128 {
  return fullExpOf(f32x4.neg(f32x4.abs(x)));
}

/** sigmoid(-x) where e = exp(-|x|) is known. */
// @ts-ignore: decorator
@inline
export function complementFrom(x: v128, e: v128): v128 {
  return sigmoidFrom(f32x4.neg(x), e);
}

/** sigmoid(x) where e = exp(-|x|) is known. */
// @ts-ignore: decorator
@inline
export function sigmoidFrom(x: v128, e: v128): v128 {
  const limit = v128.bitselect(e, f32x4.splat(1), f32x4.lt(x, f32x4.splat(0)));
  return fma(f32x4.neg(limit), f32x4.div(e, f32x4.add(f32x4.splat(1), e)), limit);
}

const TANH_LIMIT: f32 = 0.6;

/** Up to 0.6 x + x³ · a polynomial, from there on 1 - 2 / (exp(2|x|) + 1); odd, within 2 ulp. */
export function tanhOf(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  const square = f32x4.mul(magnitude, magnitude);
  let p = step(f32x4.splat(-0.00589515828), square, 0.0207959712);
  p = step(p, square, -0.0537838303);
  p = step(p, square, 0.133319244);
  p = step(p, square, -0.333332986);
  const small = fma(f32x4.mul(magnitude, square), p, magnitude);
  const bounded = atMost(magnitude, f32x4.splat(10));
  const e = expOf(f32x4.add(bounded, bounded));
  const large = f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(2), f32x4.add(e, f32x4.splat(1))));
  return copySign(v128.bitselect(small, large, f32x4.lt(magnitude, f32x4.splat(TANH_LIMIT))), x);
}

/** A magnitude with the sign of x, also of -0. */
// @ts-ignore: decorator
@inline
function copySign(magnitude: v128, x: v128): v128 {
  return v128.or(magnitude, v128.and(x, f32x4.splat(-0.0)));
}

/** The bits of the float32 nearest to √½. */
const SQRT_HALF_BITS: i32 = 0x3f3504f3;
const SMALLEST_NORMAL: f32 = 1.1754943508222875e-38;
const TWO_POW_23: f32 = 8388608;

/** exponent · ln 2 + log(1 + f), for 1 + f in [√½, √2). */
// @ts-ignore: decorator
@inline
function logOfParts(exponent: v128, f: v128): v128 {
  let p = step(f32x4.splat(-0.0763449892), f, 0.12761578);
  p = step(p, f, -0.131601825);
  p = step(p, f, 0.142017573);
  p = step(p, f, -0.166233569);
  p = step(p, f, 0.200012267);
  p = step(p, f, -0.250008196);
  p = step(p, f, 0.333333313);
  p = step(p, f, -0.5);
  const part = fma(f32x4.mul(f, f), p, f);
  return fma(exponent, f32x4.splat(LN2_HIGH), fma(exponent, f32x4.splat(LN2_LOW), part));
}

/** The exponent of x = 2^exponent · m with m in [√½, √2). */
// @ts-ignore: decorator
@inline
function exponentAtRootHalf(x: v128): v128 {
  return i32x4.shr_s(i32x4.sub(x, i32x4.splat(SQRT_HALF_BITS)), 23);
}

/** `result`, but what a logarithm is where x, of which it is taken, is not a positive number; `x` itself, NaN or infinite, there. */
// @ts-ignore: decorator
@inline
function atLimits(result: v128, argument: v128, x: v128): v128 {
  const infinity = f32x4.splat(Infinity);
  const zero = f32x4.splat(0);
  result = v128.bitselect(result, x, f32x4.lt(x, infinity));
  result = v128.bitselect(f32x4.neg(infinity), result, f32x4.eq(argument, zero));
  return v128.or(result, f32x4.lt(argument, zero));
}

/** log of a float32, within 1 ulp. */
export function logOf4(x: v128): v128 {
  const subnormal = f32x4.lt(x, f32x4.splat(SMALLEST_NORMAL));
  const normal = v128.bitselect(f32x4.mul(x, f32x4.splat(TWO_POW_23)), x, subnormal);
  const exponent = exponentAtRootHalf(normal);
  const m = i32x4.sub(normal, i32x4.shl(exponent, 23));
  const scaled = i32x4.sub(exponent, v128.and(i32x4.splat(23), subnormal));
  return atLimits(logOfParts(f32x4.convert_i32x4_s(scaled), f32x4.sub(m, f32x4.splat(1))), x, x);
}

/** log(1 + x): the log of u = 1 + x, whose rounding error (Knuth's TwoSum) joins its fraction; within 2 ulp. */
export function log1pOf(x: v128): v128 {
  const one = f32x4.splat(1);
  const u = f32x4.add(one, x);
  const xPart = f32x4.sub(u, one);
  const error = f32x4.add(f32x4.sub(one, f32x4.sub(u, xPart)), f32x4.sub(x, xPart));
  const exponent = exponentAtRootHalf(u);
  const m = i32x4.sub(u, i32x4.shl(exponent, 23));
  const scale = powerOfTwo(i32x4.max_s(i32x4.neg(exponent), i32x4.splat(-126)));
  return atLimits(logOfParts(f32x4.convert_i32x4_s(exponent), fma(error, scale, f32x4.sub(m, one))), u, x);
}

const ERF_LIMIT: f32 = 0.9;

/** The error function: up to 0.9 x + x · a polynomial in x², from there on 1 - exp(a polynomial); odd, within 2 ulp. */
export function erfOf(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  const square = f32x4.mul(x, x);
  let p = step(f32x4.splat(-0.000609382754), square, 0.00501274131);
  p = step(p, square, -0.0267795455);
  p = step(p, square, 0.112821639);
  p = step(p, square, -0.376125276);
  p = step(p, square, 0.128379151);
  const small = fma(magnitude, p, magnitude);
  const bounded = atMost(magnitude, f32x4.splat(4));
  let q = step(f32x4.splat(0.000198219626), bounded, -0.00306548993);
  q = step(q, bounded, 0.0223152116);
  q = step(q, bounded, -0.104113676);
  q = step(q, bounded, -0.636976063);
  q = step(q, bounded, -1.12779725);
  q = step(q, bounded, -0.000166447979);
  const large = f32x4.sub(f32x4.splat(1), expOf(q));
  return copySign(v128.bitselect(small, large, f32x4.lt(magnitude, f32x4.splat(ERF_LIMIT))), x);
}

/** y [n] = the function of x [n], chosen by its number: for tests. */
export function evaluate(which: i32, y: usize, x: usize, n: i32): void {
  for (; n > 0; n -= 4) {
    storeUpTo(y, evaluateLanes(which, loadUpTo(x, n)), n);
    x += 16;
    y += 16;
  }
}

function evaluateLanes(which: i32, x: v128): v128 {
  switch (which) {
    case 0: return fullExpOf(x);
    case 1: return expm1Of(x);
    case 2: return logOf4(x);
    case 3: return log1pOf(x);
    default: return erfOf(x);
  }
}
