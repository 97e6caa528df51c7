// Updates of a range of parameters, element by element. They are restartable, see the table of kernels: an iteration stores
// `progress` after everything else, and calls nothing that is not inlined, because at its entry the thread might end.

import { loadTail, storeTail } from './lanes';

/** Positions in `hyper`, in bytes: SGD_HYPER of the table of kernels. */
const SGD_SCALE: usize = 0;
const SGD_LEARNING_RATE: usize = 4;
const SGD_MOMENTUM: usize = 8;
const SGD_NESTEROV: usize = 12;

/** v = fma(momentum, v, gradient · scale). */
// @ts-ignore: decorator
@inline
function nextVelocity(velocity: v128, g: v128, momentum: v128): v128 {
  return f32x4.relaxed_madd(momentum, velocity, g);
}

/** weights = fma(-learningRate, nesterov ? fma(momentum, v, g) : v, weights). */
// @ts-ignore: decorator
@inline
function sgdWeights(weights: v128, velocity: v128, g: v128, momentum: v128, negativeRate: v128, nesterov: v128): v128 {
  const lookAhead = f32x4.relaxed_madd(momentum, velocity, g);
  return f32x4.relaxed_madd(negativeRate, v128.bitselect(lookAhead, velocity, nesterov), weights);
}

/** Stochastic gradient descent on n elements; see the table of kernels. */
export function sgd(
  weights: usize, velocity: usize, gradient: usize, hyper: usize, progress: usize, n: i32,
): void {
  if (velocity == 0) {
    descend(weights, gradient, hyper, progress, n);
    return;
  }
  const scale = v128.load32_splat(hyper, SGD_SCALE);
  const negativeRate = f32x4.neg(v128.load32_splat(hyper, SGD_LEARNING_RATE));
  const momentum = v128.load32_splat(hyper, SGD_MOMENTUM);
  const nesterov = f32x4.ne(v128.load32_splat(hyper, SGD_NESTEROV), f32x4.splat(0));
  let done = load<i32>(progress);
  weights += <usize>done << 2;
  velocity += <usize>done << 2;
  gradient += <usize>done << 2;
  const left = n - done;
  const end = weights + (<usize>(left & -8) << 2);
  while (weights < end) {
    const g0 = f32x4.mul(v128.load(gradient), scale);
    const g1 = f32x4.mul(v128.load(gradient, 16), scale);
    const v0 = nextVelocity(v128.load(velocity), g0, momentum);
    const v1 = nextVelocity(v128.load(velocity, 16), g1, momentum);
    const w0 = sgdWeights(v128.load(weights), v0, g0, momentum, negativeRate, nesterov);
    const w1 = sgdWeights(v128.load(weights, 16), v1, g1, momentum, negativeRate, nesterov);
    v128.store(velocity, v0);
    v128.store(velocity, v1, 16);
    v128.store(weights, w0);
    v128.store(weights, w1, 16);
    weights += 32;
    velocity += 32;
    gradient += 32;
    done += 8;
    store<i32>(progress, done);
  }
  if (left & 4) {
    const g = f32x4.mul(v128.load(gradient), scale);
    const v = nextVelocity(v128.load(velocity), g, momentum);
    const w = sgdWeights(v128.load(weights), v, g, momentum, negativeRate, nesterov);
    v128.store(velocity, v);
    v128.store(weights, w);
    weights += 16;
    velocity += 16;
    gradient += 16;
    done += 4;
    store<i32>(progress, done);
  }
  const tail = left & 3;
  if (tail) {
    const g = f32x4.mul(loadTail(gradient, tail), scale);
    const v = nextVelocity(loadTail(velocity, tail), g, momentum);
    const w = sgdWeights(loadTail(weights, tail), v, g, momentum, negativeRate, nesterov);
    storeTail(velocity, v, tail);
    storeTail(weights, w, tail);
    store<i32>(progress, n);
  }
}

/** Without momentum: the gradient is the velocity, and none is kept. */
function descend(weights: usize, gradient: usize, hyper: usize, progress: usize, n: i32): void {
  const scale = v128.load32_splat(hyper, SGD_SCALE);
  const negativeRate = f32x4.neg(v128.load32_splat(hyper, SGD_LEARNING_RATE));
  let done = load<i32>(progress);
  weights += <usize>done << 2;
  gradient += <usize>done << 2;
  const left = n - done;
  const end = weights + (<usize>(left & -8) << 2);
  while (weights < end) {
    const g0 = f32x4.mul(v128.load(gradient), scale);
    const g1 = f32x4.mul(v128.load(gradient, 16), scale);
    const w0 = f32x4.relaxed_madd(negativeRate, g0, v128.load(weights));
    const w1 = f32x4.relaxed_madd(negativeRate, g1, v128.load(weights, 16));
    v128.store(weights, w0);
    v128.store(weights, w1, 16);
    weights += 32;
    gradient += 32;
    done += 8;
    store<i32>(progress, done);
  }
  if (left & 4) {
    const g = f32x4.mul(v128.load(gradient), scale);
    v128.store(weights, f32x4.relaxed_madd(negativeRate, g, v128.load(weights)));
    weights += 16;
    gradient += 16;
    done += 4;
    store<i32>(progress, done);
  }
  const tail = left & 3;
  if (tail) {
    const g = f32x4.mul(loadTail(gradient, tail), scale);
    storeTail(weights, f32x4.relaxed_madd(negativeRate, g, loadTail(weights, tail)), tail);
    store<i32>(progress, n);
  }
}

/** Positions in `hyper`, in bytes: ADAM_HYPER of the table of kernels. */
const ADAM_SCALE: usize = 0;
const ADAM_STEP_SIZE: usize = 4;
const ADAM_BETA1: usize = 8;
const ADAM_ONE_MINUS_BETA1: usize = 12;
const ADAM_BETA2: usize = 16;
const ADAM_ONE_MINUS_BETA2: usize = 20;
const ADAM_SECOND_CORRECTION: usize = 24;
const ADAM_EPSILON: usize = 28;

/** beta · moment + oneMinusBeta · x, as fma(beta, moment, oneMinusBeta · x). */
// @ts-ignore: decorator
@inline
function decay(moment: v128, x: v128, beta: v128, oneMinusBeta: v128): v128 {
  return f32x4.relaxed_madd(beta, moment, f32x4.mul(oneMinusBeta, x));
}

/** fma(-stepSize, m / fma(sqrt(v), secondCorrection, epsilon), weights). */
// @ts-ignore: decorator
@inline
function adamWeights(weights: v128, m: v128, v: v128, negativeStep: v128, secondCorrection: v128, epsilon: v128): v128 {
  const divisor = f32x4.relaxed_madd(f32x4.sqrt(v), secondCorrection, epsilon);
  return f32x4.relaxed_madd(negativeStep, f32x4.div(m, divisor), weights);
}

/** Adam on n elements; see the table of kernels. */
export function adam(
  weights: usize, firstMoment: usize, secondMoment: usize, gradient: usize, hyper: usize, progress: usize, n: i32,
): void {
  const scale = v128.load32_splat(hyper, ADAM_SCALE);
  const negativeStep = f32x4.neg(v128.load32_splat(hyper, ADAM_STEP_SIZE));
  const beta1 = v128.load32_splat(hyper, ADAM_BETA1);
  const oneMinusBeta1 = v128.load32_splat(hyper, ADAM_ONE_MINUS_BETA1);
  const beta2 = v128.load32_splat(hyper, ADAM_BETA2);
  const oneMinusBeta2 = v128.load32_splat(hyper, ADAM_ONE_MINUS_BETA2);
  const secondCorrection = v128.load32_splat(hyper, ADAM_SECOND_CORRECTION);
  const epsilon = v128.load32_splat(hyper, ADAM_EPSILON);
  let done = load<i32>(progress);
  weights += <usize>done << 2;
  firstMoment += <usize>done << 2;
  secondMoment += <usize>done << 2;
  gradient += <usize>done << 2;
  const left = n - done;
  const end = weights + (<usize>(left & -8) << 2);
  while (weights < end) {
    const g0 = f32x4.mul(v128.load(gradient), scale);
    const g1 = f32x4.mul(v128.load(gradient, 16), scale);
    const m0 = decay(v128.load(firstMoment), g0, beta1, oneMinusBeta1);
    const m1 = decay(v128.load(firstMoment, 16), g1, beta1, oneMinusBeta1);
    const v0 = decay(v128.load(secondMoment), f32x4.mul(g0, g0), beta2, oneMinusBeta2);
    const v1 = decay(v128.load(secondMoment, 16), f32x4.mul(g1, g1), beta2, oneMinusBeta2);
    const w0 = adamWeights(v128.load(weights), m0, v0, negativeStep, secondCorrection, epsilon);
    const w1 = adamWeights(v128.load(weights, 16), m1, v1, negativeStep, secondCorrection, epsilon);
    v128.store(firstMoment, m0);
    v128.store(firstMoment, m1, 16);
    v128.store(secondMoment, v0);
    v128.store(secondMoment, v1, 16);
    v128.store(weights, w0);
    v128.store(weights, w1, 16);
    weights += 32;
    firstMoment += 32;
    secondMoment += 32;
    gradient += 32;
    done += 8;
    store<i32>(progress, done);
  }
  if (left & 4) {
    const g = f32x4.mul(v128.load(gradient), scale);
    const m = decay(v128.load(firstMoment), g, beta1, oneMinusBeta1);
    const v = decay(v128.load(secondMoment), f32x4.mul(g, g), beta2, oneMinusBeta2);
    const w = adamWeights(v128.load(weights), m, v, negativeStep, secondCorrection, epsilon);
    v128.store(firstMoment, m);
    v128.store(secondMoment, v);
    v128.store(weights, w);
    weights += 16;
    firstMoment += 16;
    secondMoment += 16;
    gradient += 16;
    done += 4;
    store<i32>(progress, done);
  }
  const tail = left & 3;
  if (tail) {
    const g = f32x4.mul(loadTail(gradient, tail), scale);
    const m = decay(loadTail(firstMoment, tail), g, beta1, oneMinusBeta1);
    const v = decay(loadTail(secondMoment, tail), f32x4.mul(g, g), beta2, oneMinusBeta2);
    const w = adamWeights(loadTail(weights, tail), m, v, negativeStep, secondCorrection, epsilon);
    storeTail(firstMoment, m, tail);
    storeTail(secondMoment, v, tail);
    storeTail(weights, w, tail);
    store<i32>(progress, n);
  }
}
