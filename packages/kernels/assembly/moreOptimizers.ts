// Updates of a range of parameters; see the table of kernels. One loop serves them all: `kind` is a constant of each kernel, and
// everything is inlined, so that the compiler leaves one way through it. They are restartable: an iteration stores `progress`
// after everything else, and calls nothing that is not inlined, because at its entry the thread might end.

import { atLeast, atMost, fma, signOf } from './functions';
import { loadTail, storeTail } from './lanes';

const SGD: i32 = 0;
const ADAM: i32 = 1;
const NADAM: i32 = 2;
const ADAMAX: i32 = 3;
const ADAGRAD: i32 = 4;
const RMSPROP: i32 = 5;
const ADADELTA: i32 = 6;
const LION: i32 = 7;

/** Positions in `hyper`, in bytes: COMMON_HYPER of the table of kernels; then come those of the rule, at `own(0)` …. */
const SCALE: usize = 0;
const RATE: usize = 4;
const CLIP: usize = 8;
const DECAY: usize = 12;
const SHRINK: usize = 16;

/** Number `index` of the rule's own. */
// @ts-ignore: decorator
@inline
function own(hyper: usize, index: i32): v128 {
  return v128.load32_splat(hyper + 20 + ((<usize>index) << 2));
}

/** beta · mean + oneMinusBeta · x, as fma(beta, mean, oneMinusBeta · x). */
// @ts-ignore: decorator
@inline
function decayed(mean: v128, x: v128, beta: v128, oneMinusBeta: v128): v128 {
  return fma(beta, mean, f32x4.mul(oneMinusBeta, x));
}

/** `first`, `second`, `third`: the rule's vectors; those it can do without are 0 then. */
// @ts-ignore: decorator
@inline
function update(
  kind: i32, weights: usize, first: usize, second: usize, third: usize, gradient: usize, hyper: usize, progress: usize,
  n: i32,
): void {
  const zero = f32x4.splat(0);
  const scale = v128.load32_splat(hyper, SCALE);
  const rate = v128.load32_splat(hyper, RATE);
  const negativeRate = f32x4.neg(rate);
  const clip = f32.load(hyper, CLIP);
  const most = f32x4.splat(clip > 0 ? clip : Infinity);
  const least = f32x4.neg(most);
  const decay = v128.load32_splat(hyper, DECAY);
  const negativeShrink = f32x4.neg(v128.load32_splat(hyper, SHRINK));
  const h0 = own(hyper, 0);
  const h1 = own(hyper, 1);
  const h2 = own(hyper, 2);
  const h3 = own(hyper, 3);
  const h4 = own(hyper, 4);
  const h5 = own(hyper, 5);
  const h6 = own(hyper, 6);
  let done = load<i32>(progress);
  for (let left = n - done; left > 0; left -= 4) {
    const at = (<usize>done) << 2;
    const whole = left >= 4;
    let before: v128;
    let given: v128;
    let a = zero;
    let b = zero;
    let c = zero;
    if (whole) {
      before = v128.load(weights + at);
      given = v128.load(gradient + at);
      if (first != 0) a = v128.load(first + at);
      if (second != 0) b = v128.load(second + at);
      if (third != 0) c = v128.load(third + at);
    } else {
      before = loadTail(weights + at, left);
      given = loadTail(gradient + at, left);
      if (first != 0) a = loadTail(first + at, left);
      if (second != 0) b = loadTail(second + at, left);
      if (third != 0) c = loadTail(third + at, left);
    }
    const clipped = atLeast(atMost(f32x4.mul(given, scale), most), least);
    const g = fma(decay, before, clipped);
    let w = fma(negativeShrink, before, before);
    if (kind == SGD) {
      a = first != 0 ? fma(h0, a, g) : g;
      const lookAhead = fma(h0, a, g);
      const ahead = first != 0 ? f32x4.ne(h1, zero) : zero;
      w = fma(negativeRate, v128.bitselect(lookAhead, a, ahead), w);
    } else if (kind == ADAM || kind == NADAM) {
      a = decayed(a, g, h0, h1);
      b = decayed(b, f32x4.mul(g, g), h2, h3);
      c = third != 0 ? atLeast(b, c) : b;
      const divisor = fma(f32x4.sqrt(c), h4, h5);
      if (kind == ADAM) w = fma(negativeRate, f32x4.div(a, divisor), w);
      else w = f32x4.sub(w, f32x4.div(fma(rate, a, f32x4.mul(h6, g)), divisor));
    } else if (kind == ADAMAX) {
      a = decayed(a, g, h0, h1);
      b = atLeast(f32x4.add(f32x4.abs(g), h3), f32x4.mul(h2, b));
      w = fma(negativeRate, f32x4.div(a, b), w);
    } else if (kind == ADAGRAD) {
      a = fma(g, g, a);
      w = fma(negativeRate, f32x4.div(g, f32x4.add(f32x4.sqrt(f32x4.add(a, h0)), h1)), w);
    } else if (kind == RMSPROP) {
      a = decayed(a, f32x4.mul(g, g), h0, h1);
      let variance = a;
      if (second != 0) {
        b = decayed(b, g, h0, h1);
        variance = atLeast(fma(f32x4.neg(b), b, a), zero);
      }
      const step = f32x4.div(g, f32x4.add(f32x4.sqrt(f32x4.add(variance, h3)), h4));
      c = third != 0 ? fma(h2, c, step) : step;
      w = fma(negativeRate, c, w);
    } else if (kind == ADADELTA) {
      a = decayed(a, f32x4.mul(g, g), h0, h1);
      const ratio = f32x4.div(f32x4.sqrt(f32x4.add(b, h2)), f32x4.sqrt(f32x4.add(a, h2)));
      const step = f32x4.mul(ratio, g);
      b = decayed(b, f32x4.mul(step, step), h0, h1);
      w = fma(negativeRate, step, w);
    } else if (kind == LION) {
      w = fma(negativeRate, signOf(decayed(a, g, h0, h1)), w);
      a = decayed(a, g, h2, h3);
    }
    if (whole) {
      if (first != 0) v128.store(first + at, a);
      if (second != 0) v128.store(second + at, b);
      if (third != 0) v128.store(third + at, c);
      v128.store(weights + at, w);
      done += 4;
    } else {
      if (first != 0) storeTail(first + at, a, left);
      if (second != 0) storeTail(second + at, b, left);
      if (third != 0) storeTail(third + at, c, left);
      storeTail(weights + at, w, left);
      done = n;
    }
    store<i32>(progress, done);
  }
}

export function sgdW(weights: usize, velocity: usize, gradient: usize, hyper: usize, progress: usize, n: i32): void {
  update(SGD, weights, velocity, 0, 0, gradient, hyper, progress, n);
}

export function adamW(
  weights: usize, firstMoment: usize, secondMoment: usize, maximum: usize, gradient: usize, hyper: usize, progress: usize,
  n: i32,
): void {
  update(ADAM, weights, firstMoment, secondMoment, maximum, gradient, hyper, progress, n);
}

export function nadam(
  weights: usize, firstMoment: usize, secondMoment: usize, gradient: usize, hyper: usize, progress: usize, n: i32,
): void {
  update(NADAM, weights, firstMoment, secondMoment, 0, gradient, hyper, progress, n);
}

export function adamax(
  weights: usize, firstMoment: usize, norm: usize, gradient: usize, hyper: usize, progress: usize, n: i32,
): void {
  update(ADAMAX, weights, firstMoment, norm, 0, gradient, hyper, progress, n);
}

export function adagrad(weights: usize, squares: usize, gradient: usize, hyper: usize, progress: usize, n: i32): void {
  update(ADAGRAD, weights, squares, 0, 0, gradient, hyper, progress, n);
}

export function rmsprop(
  weights: usize, squares: usize, mean: usize, velocity: usize, gradient: usize, hyper: usize, progress: usize, n: i32,
): void {
  update(RMSPROP, weights, squares, mean, velocity, gradient, hyper, progress, n);
}

export function adadelta(
  weights: usize, squares: usize, steps: usize, gradient: usize, hyper: usize, progress: usize, n: i32,
): void {
  update(ADADELTA, weights, squares, steps, 0, gradient, hyper, progress, n);
}

export function lion(weights: usize, moment: usize, gradient: usize, hyper: usize, progress: usize, n: i32): void {
  update(LION, weights, moment, 0, 0, gradient, hyper, progress, n);
}
