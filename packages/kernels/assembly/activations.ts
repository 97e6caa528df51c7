// Activations and their gradients, element by element; see the table of kernels. One loop serves them all: `kind` is a
// constant of each kernel, and everything is inlined, so that the compiler leaves one way through it.

import { expOf } from './exponential';
import {
  atLeast, clamp, complementFrom, erfOf, expm1Of, expOfNegativeMagnitude, fma, log1pOf, sigmoidFrom, sigmoidOf, tanhOf,
} from './functions';
import { loadUpTo, storeUpTo } from './lanes';

const RELU: i32 = 0;
const SIGMOID: i32 = 1;
const TANH: i32 = 2;
const LEAKY_RELU: i32 = 3;
const ELU: i32 = 4;
const GELU: i32 = 5;
const GELU_TANH: i32 = 6;
const SILU: i32 = 7;
const SOFTPLUS: i32 = 8;
const HARD_SIGMOID: i32 = 9;
const STEP: i32 = 10;

/** What -Infinity is replaced by where it is multiplied by a 0. */
const LOWEST_FINITE: f32 = -3.4028234663852886e38;
const SQRT_HALF: f32 = 0.7071067811865476;
/** 1 / √(2π). */
const NORMAL_DENSITY_AT_0: f32 = 0.3989422804014327;
/** √(2/π), and that times 0.044715. */
const GELU_SLOPE: f32 = 0.7978845608028654;
const GELU_CUBIC: f32 = 0.035677408136300125;
/** Klambauer et al. 2017: λ, and λ·α. */
const SELU_SCALE: f32 = 1.0507009873554805;
const SELU_LOWER: f32 = 1.7580993408473766;

/** `lower`, `upper`: what elu multiplies exp(x) - 1 and x by; of leakyRelu the former is its slope. */
// @ts-ignore: decorator
@inline
function activated(kind: i32, x: v128, lower: v128, upper: v128): v128 {
  const zero = f32x4.splat(0);
  if (kind == RELU) return f32x4.max(x, zero);
  if (kind == SIGMOID) return sigmoidOf(x);
  if (kind == TANH) return tanhOf(x);
  if (kind == LEAKY_RELU) return v128.bitselect(x, f32x4.mul(x, lower), f32x4.gt(x, zero));
  if (kind == ELU) {
    return v128.bitselect(f32x4.mul(x, upper), f32x4.mul(expm1Of(x), lower), f32x4.gt(x, zero));
  }
  if (kind == GELU) return f32x4.mul(finite(x), normalDistribution(x));
  if (kind == GELU_TANH) {
    const bounded = clamp(x, -10, 10);
    const slope = fma(f32x4.mul(bounded, bounded), f32x4.splat(GELU_CUBIC), f32x4.splat(GELU_SLOPE));
    return f32x4.mul(finite(x), halfAndHalf(tanhOf(f32x4.mul(bounded, slope))));
  }
  if (kind == SILU) return f32x4.mul(finite(x), sigmoidOf(x));
  if (kind == SOFTPLUS) return f32x4.add(atLeast(x, zero), log1pOf(expOfNegativeMagnitude(x)));
  if (kind == HARD_SIGMOID) {
    return f32x4.div(clamp(f32x4.add(x, f32x4.splat(3)), 0, 6), f32x4.splat(6));
  }
  // STEP: NaN stays.
  return v128.bitselect(v128.and(f32x4.splat(1), f32x4.gt(x, zero)), x, f32x4.eq(x, x));
}

/** dy times the derivative, from the result z of the activation; of gelu, geluTanh and silu, z is what they were given. */
// @ts-ignore: decorator
@inline
function gradient(kind: i32, dy: v128, z: v128, lower: v128, upper: v128): v128 {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  if (kind == SIGMOID) return f32x4.mul(dy, fma(f32x4.neg(z), z, z));
  if (kind == TANH) return f32x4.mul(dy, fma(f32x4.neg(z), z, one));
  if (kind == LEAKY_RELU) return v128.bitselect(dy, f32x4.mul(dy, lower), f32x4.gt(z, zero));
  if (kind == ELU) return f32x4.mul(dy, v128.bitselect(upper, f32x4.add(z, lower), f32x4.gt(z, zero)));
  if (kind == GELU) {
    const bounded = clamp(z, -20, 20);
    const e = expOf(f32x4.mul(f32x4.mul(bounded, f32x4.splat(-0.5)), bounded));
    const density = f32x4.mul(e, f32x4.splat(NORMAL_DENSITY_AT_0));
    return f32x4.mul(dy, fma(bounded, density, normalDistribution(z)));
  }
  if (kind == GELU_TANH) {
    const bounded = clamp(z, -10, 10);
    const square = f32x4.mul(bounded, bounded);
    const t = tanhOf(f32x4.mul(bounded, fma(square, f32x4.splat(GELU_CUBIC), f32x4.splat(GELU_SLOPE))));
    const slope = fma(square, f32x4.splat(3 * GELU_CUBIC), f32x4.splat(GELU_SLOPE));
    const factor = f32x4.mul(f32x4.mul(bounded, f32x4.splat(0.5)), slope);
    return f32x4.mul(dy, fma(factor, fma(f32x4.neg(t), t, one), halfAndHalf(t)));
  }
  if (kind == SILU) {
    const e = expOfNegativeMagnitude(z);
    const bounded = clamp(z, LOWEST_FINITE, -LOWEST_FINITE);
    return f32x4.mul(dy, f32x4.mul(sigmoidFrom(z, e), fma(bounded, complementFrom(z, e), one)));
  }
  if (kind == SOFTPLUS) return f32x4.mul(dy, f32x4.neg(expm1Of(f32x4.neg(z))));
  // HARD_SIGMOID
  const between = v128.and(f32x4.gt(z, zero), f32x4.lt(z, one));
  return v128.and(f32x4.mul(dy, f32x4.splat(1.0 / 6.0)), between);
}

// @ts-ignore: decorator
@inline
function finite(x: v128): v128 {
  return atLeast(x, f32x4.splat(LOWEST_FINITE));
}

/** (1 + x) / 2. */
// @ts-ignore: decorator
@inline
function halfAndHalf(x: v128): v128 {
  return fma(x, f32x4.splat(0.5), f32x4.splat(0.5));
}

/** (1 + erf(x / √2)) / 2. */
// @ts-ignore: decorator
@inline
function normalDistribution(x: v128): v128 {
  return halfAndHalf(erfOf(f32x4.mul(x, f32x4.splat(SQRT_HALF))));
}

// @ts-ignore: decorator
@inline
function map(kind: i32, y: usize, x: usize, n: i32, lower: f32, upper: f32): void {
  const lowers = f32x4.splat(lower);
  const uppers = f32x4.splat(upper);
  for (; n > 0; n -= 4) {
    storeUpTo(y, activated(kind, loadUpTo(x, n), lowers, uppers), n);
    y += 16;
    x += 16;
  }
}

// @ts-ignore: decorator
@inline
function mapGradient(kind: i32, dx: usize, dy: usize, z: usize, n: i32, lower: f32, upper: f32): void {
  const lowers = f32x4.splat(lower);
  const uppers = f32x4.splat(upper);
  for (; n > 0; n -= 4) {
    storeUpTo(dx, gradient(kind, loadUpTo(dy, n), loadUpTo(z, n), lowers, uppers), n);
    dx += 16;
    dy += 16;
    z += 16;
  }
}

export function relu(y: usize, x: usize, n: i32): void {
  map(RELU, y, x, n, 0, 0);
}

export function sigmoid(y: usize, x: usize, n: i32): void {
  map(SIGMOID, y, x, n, 0, 0);
}

export function sigmoidGradient(dx: usize, dy: usize, y: usize, n: i32): void {
  mapGradient(SIGMOID, dx, dy, y, n, 0, 0);
}

export function tanh(y: usize, x: usize, n: i32): void {
  map(TANH, y, x, n, 0, 0);
}

export function tanhGradient(dx: usize, dy: usize, y: usize, n: i32): void {
  mapGradient(TANH, dx, dy, y, n, 0, 0);
}

export function leakyRelu(y: usize, x: usize, n: i32, slope: i32): void {
  map(LEAKY_RELU, y, x, n, f32.reinterpret_i32(slope), 0);
}

export function leakyReluGradient(dx: usize, dy: usize, y: usize, n: i32, slope: i32): void {
  mapGradient(LEAKY_RELU, dx, dy, y, n, f32.reinterpret_i32(slope), 0);
}

export function elu(y: usize, x: usize, n: i32, alpha: i32): void {
  scaledElu(y, x, n, f32.reinterpret_i32(alpha), 1);
}

export function eluGradient(dx: usize, dy: usize, y: usize, n: i32, alpha: i32): void {
  scaledEluGradient(dx, dy, y, n, f32.reinterpret_i32(alpha), 1);
}

export function selu(y: usize, x: usize, n: i32): void {
  scaledElu(y, x, n, SELU_LOWER, SELU_SCALE);
}

export function seluGradient(dx: usize, dy: usize, y: usize, n: i32): void {
  scaledEluGradient(dx, dy, y, n, SELU_LOWER, SELU_SCALE);
}

function scaledElu(y: usize, x: usize, n: i32, lower: f32, upper: f32): void {
  map(ELU, y, x, n, lower, upper);
}

function scaledEluGradient(dx: usize, dy: usize, y: usize, n: i32, lower: f32, upper: f32): void {
  mapGradient(ELU, dx, dy, y, n, lower, upper);
}

export function gelu(y: usize, x: usize, n: i32): void {
  map(GELU, y, x, n, 0, 0);
}

export function geluGradient(dx: usize, dy: usize, x: usize, n: i32): void {
  mapGradient(GELU, dx, dy, x, n, 0, 0);
}

export function geluTanh(y: usize, x: usize, n: i32): void {
  map(GELU_TANH, y, x, n, 0, 0);
}

export function geluTanhGradient(dx: usize, dy: usize, x: usize, n: i32): void {
  mapGradient(GELU_TANH, dx, dy, x, n, 0, 0);
}

export function silu(y: usize, x: usize, n: i32): void {
  map(SILU, y, x, n, 0, 0);
}

export function siluGradient(dx: usize, dy: usize, x: usize, n: i32): void {
  mapGradient(SILU, dx, dy, x, n, 0, 0);
}

export function softplus(y: usize, x: usize, n: i32): void {
  map(SOFTPLUS, y, x, n, 0, 0);
}

export function softplusGradient(dx: usize, dy: usize, y: usize, n: i32): void {
  mapGradient(SOFTPLUS, dx, dy, y, n, 0, 0);
}

export function hardSigmoid(y: usize, x: usize, n: i32): void {
  map(HARD_SIGMOID, y, x, n, 0, 0);
}

export function hardSigmoidGradient(dx: usize, dy: usize, y: usize, n: i32): void {
  mapGradient(HARD_SIGMOID, dx, dy, y, n, 0, 0);
}

export function step(y: usize, x: usize, n: i32): void {
  map(STEP, y, x, n, 0, 0);
}

/** A step is flat everywhere. */
export function stepGradient(dx: usize, dy: usize, y: usize, n: i32): void {
  memory.fill(dx, 0, <usize>n << 2);
}
