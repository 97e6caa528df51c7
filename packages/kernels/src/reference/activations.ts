import { floatOfBits } from '../floatBits.ts';
import type { ActivationKernels } from '../table/activations.ts';
import { expOf } from './exponential.ts';
import { erfOf, expm1Of, fullExpOf, log1pOf, sigmoidFrom, sigmoidOf, tanhOf } from './functions.ts';
import { fusedMultiplyAdd } from './fusedMultiplyAdd.ts';
import type { MemoryViews } from './memoryViews.ts';

type Elementwise = Omit<ActivationKernels, 'softmax' | 'softmaxGradient'>;
type Map = (y: number, x: number, n: number) => void;
type GradientMap = (dx: number, dy: number, z: number, n: number) => void;

const { fround } = Math;
/** What -Infinity is replaced by where it is multiplied by a 0. */
const LOWEST_FINITE = -3.4028234663852886e38;
/** √(2/π), and that times 0.044715. */
const GELU_SLOPE = fround(0.7978845608028654);
const GELU_CUBIC = fround(0.035677408136300125);
/** 1 / √(2π). */
const NORMAL_DENSITY_AT_0 = fround(0.3989422804014327);
/** Klambauer et al. 2017: λ, and λ·α. */
const SELU_SCALE = fround(1.0507009873554805);
const SELU_LOWER = fround(1.7580993408473766);

function clamp(x: number, least: number, most: number): number {
  return Math.min(Math.max(x, least), most);
}

function finite(x: number): number {
  return Math.max(x, LOWEST_FINITE);
}

/** (1 + x) / 2. */
function halfAndHalf(x: number): number {
  return fusedMultiplyAdd(x, 0.5, 0.5);
}

/** (1 + erf(x / √2)) / 2. */
function normalDistribution(x: number): number {
  return halfAndHalf(erfOf(fround(x * fround(Math.SQRT1_2))));
}

/** What geluTanh takes the tanh of; x is in [-10, 10]. */
function geluArgument(x: number): number {
  return fround(x * fusedMultiplyAdd(fround(x * x), GELU_CUBIC, GELU_SLOPE));
}

function scaledElu(x: number, lower: number, upper: number): number {
  return x > 0 ? x * upper : expm1Of(x) * lower;
}

function scaledEluGradient(dy: number, y: number, lower: number, upper: number): number {
  return dy * (y > 0 ? upper : fround(y + lower));
}

function geluGradient(dy: number, x: number): number {
  const bounded = clamp(x, -20, 20);
  const density = fround(expOf(fround(fround(bounded * -0.5) * bounded)) * NORMAL_DENSITY_AT_0);
  return dy * fusedMultiplyAdd(bounded, density, normalDistribution(x));
}

function geluTanhGradient(dy: number, x: number): number {
  const bounded = clamp(x, -10, 10);
  const t = tanhOf(geluArgument(bounded));
  const slope = fusedMultiplyAdd(fround(bounded * bounded), fround(3 * GELU_CUBIC), GELU_SLOPE);
  const factor = fround(fround(bounded * 0.5) * slope);
  return dy * fusedMultiplyAdd(factor, fusedMultiplyAdd(-t, t, 1), halfAndHalf(t));
}

function siluGradient(dy: number, x: number): number {
  const e = fullExpOf(-Math.abs(x));
  const bounded = clamp(x, LOWEST_FINITE, -LOWEST_FINITE);
  return dy * fround(sigmoidFrom(x, e) * fusedMultiplyAdd(bounded, sigmoidFrom(-x, e), 1));
}

/** Activations and their gradients, element by element. Stores round to float32. */
export function referenceActivations(views: MemoryViews): Elementwise {
  const map =
    (activated: (x: number) => number): Map =>
    (y, x, n) => {
      const f = views.float32;
      for (let i = 0; i < n; i++) f[(y >>> 2) + i] = activated(f[(x >>> 2) + i]);
    };
  const mapGradient =
    (gradient: (dy: number, z: number) => number): GradientMap =>
    (dx, dy, z, n) => {
      const f = views.float32;
      for (let i = 0; i < n; i++) f[(dx >>> 2) + i] = gradient(f[(dy >>> 2) + i], f[(z >>> 2) + i]);
    };
  /** A kernel with a number that is passed as the int32 of its bits. */
  const withNumber =
    (kernel: (number: number) => Map) =>
    (y: number, x: number, n: number, bits: number): void =>
      kernel(floatOfBits(bits))(y, x, n);
  const gradientWithNumber =
    (kernel: (number: number) => GradientMap) =>
    (dx: number, dy: number, z: number, n: number, bits: number): void =>
      kernel(floatOfBits(bits))(dx, dy, z, n);

  return {
    relu: map((x) => Math.max(x, 0)),
    reluGradient: mapGradient((dy, y) => (y > 0 ? dy : 0)),
    sigmoid: map(sigmoidOf),
    sigmoidGradient: mapGradient((dy, y) => dy * fusedMultiplyAdd(-y, y, y)),
    tanh: map(tanhOf),
    tanhGradient: mapGradient((dy, y) => dy * fusedMultiplyAdd(-y, y, 1)),
    leakyRelu: withNumber((slope) => map((x) => (x > 0 ? x : x * slope))),
    leakyReluGradient: gradientWithNumber((slope) => mapGradient((dy, y) => (y > 0 ? dy : dy * slope))),
    elu: withNumber((alpha) => map((x) => scaledElu(x, alpha, 1))),
    eluGradient: gradientWithNumber((alpha) => mapGradient((dy, y) => scaledEluGradient(dy, y, alpha, 1))),
    selu: map((x) => scaledElu(x, SELU_LOWER, SELU_SCALE)),
    seluGradient: mapGradient((dy, y) => scaledEluGradient(dy, y, SELU_LOWER, SELU_SCALE)),
    gelu: map((x) => finite(x) * normalDistribution(x)),
    geluGradient: mapGradient(geluGradient),
    geluTanh: map((x) => finite(x) * halfAndHalf(tanhOf(geluArgument(clamp(x, -10, 10))))),
    geluTanhGradient: mapGradient(geluTanhGradient),
    silu: map((x) => finite(x) * sigmoidOf(x)),
    siluGradient: mapGradient(siluGradient),
    softplus: map((x) => Math.max(x, 0) + log1pOf(fullExpOf(-Math.abs(x)))),
    softplusGradient: mapGradient((dy, y) => dy * -expm1Of(-y)),
    hardSigmoid: map((x) => clamp(fround(x + 3), 0, 6) / 6),
    hardSigmoidGradient: mapGradient((dy, y) => (y > 0 && y < 1 ? dy * fround(1 / 6) : 0)),
    step: map((x) => (Number.isNaN(x) ? x : Number(x > 0))),
    stepGradient: mapGradient(() => 0),
  };
}
