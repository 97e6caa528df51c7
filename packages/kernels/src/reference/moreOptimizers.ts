import { COMMON_HYPER, type KernelTable } from '../table.ts';
import { fusedMultiplyAdd } from './fusedMultiplyAdd.ts';
import type { MemoryViews } from './memoryViews.ts';

type Optimizers = Pick<
  KernelTable,
  'sgdW' | 'adamW' | 'nadam' | 'adamax' | 'adagrad' | 'rmsprop' | 'adadelta' | 'lion'
>;

const { fround } = Math;

/** What a rule works on: an element, its vectors (0 where there is none), and the numbers of the rule's own. */
interface Element {
  /** The weight, shrunk. A rule sets it anew, and its vectors. */
  w: number;
  first: number;
  second: number;
  third: number;
  /** The gradient, scaled, clipped, and with the decay added. */
  readonly g: number;
  readonly rate: number;
  /** Which vectors there are. */
  readonly has: { readonly first: boolean; readonly second: boolean; readonly third: boolean };
}

type Rule = (element: Element, own: readonly number[]) => void;

/** beta · mean + oneMinusBeta · x. */
function decayed(mean: number, x: number, beta: number, oneMinusBeta: number): number {
  return fusedMultiplyAdd(beta, mean, fround(oneMinusBeta * x));
}

/** The larger one; x where it is NaN. */
function atLeast(x: number, least: number): number {
  return x < least ? least : x;
}

function root(x: number): number {
  return fround(Math.sqrt(x));
}

const sgd: Rule = (e, [momentum, nesterov]) => {
  e.first = e.has.first ? fusedMultiplyAdd(momentum, e.first, e.g) : e.g;
  const step = e.has.first && nesterov !== 0 ? fusedMultiplyAdd(momentum, e.first, e.g) : e.first;
  e.w = fusedMultiplyAdd(-e.rate, step, e.w);
};

/** Both moments; the divisor of the first. */
function moments(
  e: Element,
  [beta1, oneMinusBeta1, beta2, oneMinusBeta2, correction, epsilon]: readonly number[],
): number {
  e.first = decayed(e.first, e.g, beta1, oneMinusBeta1);
  e.second = decayed(e.second, fround(e.g * e.g), beta2, oneMinusBeta2);
  e.third = e.has.third ? atLeast(e.second, e.third) : e.second;
  return fusedMultiplyAdd(root(e.third), correction, epsilon);
}

const adam: Rule = (e, own) => {
  const divisor = moments(e, own);
  e.w = fusedMultiplyAdd(-e.rate, fround(e.first / divisor), e.w);
};

const nadam: Rule = (e, own) => {
  const divisor = moments(e, own);
  e.w -= fround(fusedMultiplyAdd(e.rate, e.first, fround(own[6] * e.g)) / divisor);
};

const adamax: Rule = (e, [beta1, oneMinusBeta1, beta2, epsilon]) => {
  e.first = decayed(e.first, e.g, beta1, oneMinusBeta1);
  e.second = atLeast(fround(Math.abs(e.g) + epsilon), fround(beta2 * e.second));
  e.w = fusedMultiplyAdd(-e.rate, fround(e.first / e.second), e.w);
};

const adagrad: Rule = (e, [innerEpsilon, epsilon]) => {
  e.first = fusedMultiplyAdd(e.g, e.g, e.first);
  const divisor = fround(root(fround(e.first + innerEpsilon)) + epsilon);
  e.w = fusedMultiplyAdd(-e.rate, fround(e.g / divisor), e.w);
};

const rmsprop: Rule = (e, [rho, oneMinusRho, momentum, innerEpsilon, epsilon]) => {
  e.first = decayed(e.first, fround(e.g * e.g), rho, oneMinusRho);
  let variance = e.first;
  if (e.has.second) {
    e.second = decayed(e.second, e.g, rho, oneMinusRho);
    variance = atLeast(fusedMultiplyAdd(-e.second, e.second, e.first), 0);
  }
  const step = fround(e.g / fround(root(fround(variance + innerEpsilon)) + epsilon));
  e.third = e.has.third ? fusedMultiplyAdd(momentum, e.third, step) : step;
  e.w = fusedMultiplyAdd(-e.rate, e.third, e.w);
};

const adadelta: Rule = (e, [rho, oneMinusRho, epsilon]) => {
  e.first = decayed(e.first, fround(e.g * e.g), rho, oneMinusRho);
  const ratio = fround(root(fround(e.second + epsilon)) / root(fround(e.first + epsilon)));
  const step = fround(ratio * e.g);
  e.second = decayed(e.second, fround(step * step), rho, oneMinusRho);
  e.w = fusedMultiplyAdd(-e.rate, step, e.w);
};

const lion: Rule = (e, [beta1, oneMinusBeta1, beta2, oneMinusBeta2]) => {
  e.w = fusedMultiplyAdd(-e.rate, Math.sign(decayed(e.first, e.g, beta1, oneMinusBeta1)), e.w);
  e.first = decayed(e.first, e.g, beta2, oneMinusBeta2);
};

/** Numbers of a rule's own, at most. */
const OWN = 7;

/**
 * Updates of a range of parameters. JavaScript, too, ends a thread only where a function or an iteration begins: so an
 * iteration computes everything first, and its stores stand together, `progress` last, with no call between them.
 */
export function referenceMoreOptimizers(views: MemoryViews): Optimizers {
  /** `vectors`: addresses of three vectors, 0 where there is none. */
  function update(
    rule: Rule,
    weights: number,
    vectors: readonly [number, number, number],
    [gradient, hyper, progress, n]: readonly number[],
  ): void {
    const f = views.float32;
    const words = views.int32;
    const read = (position: number): number => f[(hyper >>> 2) + position];
    const [scale, rate, clip] = [COMMON_HYPER.scale, COMMON_HYPER.learningRate, COMMON_HYPER.clip].map(read);
    const [decay, shrink] = [COMMON_HYPER.decay, COMMON_HYPER.shrink].map(read);
    const own = Array.from({ length: OWN }, (_, i) => read(COMMON_HYPER.count + i));
    const most = clip > 0 ? clip : Infinity;
    const [first, second, third] = vectors.map((address) => address >>> 2);
    const has = { first: first !== 0, second: second !== 0, third: third !== 0 };
    const at = weights >>> 2;
    for (let i = words[progress >>> 2]; i < n; i++) {
      const before = f[at + i];
      const scaled = fround(f[(gradient >>> 2) + i] * scale);
      const element: Element = {
        w: fusedMultiplyAdd(-shrink, before, before),
        first: has.first ? f[first + i] : 0,
        second: has.second ? f[second + i] : 0,
        third: has.third ? f[third + i] : 0,
        g: fusedMultiplyAdd(decay, before, Math.max(Math.min(scaled, most), -most)),
        rate,
        has,
      };
      rule(element, own);
      if (has.first) f[first + i] = element.first;
      if (has.second) f[second + i] = element.second;
      if (has.third) f[third + i] = element.third;
      f[at + i] = element.w;
      words[progress >>> 2] = i + 1;
    }
  }

  return {
    sgdW: (weights, velocity, ...rest) => update(sgd, weights, [velocity, 0, 0], rest),
    adamW: (weights, first, second, maximum, ...rest) => update(adam, weights, [first, second, maximum], rest),
    nadam: (weights, first, second, ...rest) => update(nadam, weights, [first, second, 0], rest),
    adamax: (weights, first, norm, ...rest) => update(adamax, weights, [first, norm, 0], rest),
    adagrad: (weights, squares, ...rest) => update(adagrad, weights, [squares, 0, 0], rest),
    rmsprop: (weights, squares, mean, velocity, ...rest) => update(rmsprop, weights, [squares, mean, velocity], rest),
    adadelta: (weights, squares, steps, ...rest) => update(adadelta, weights, [squares, steps, 0], rest),
    lion: (weights, moment, ...rest) => update(lion, weights, [moment, 0, 0], rest),
  };
}
