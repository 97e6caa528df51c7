import { deterministicCos, deterministicPow } from '../../elementary.ts';
import type { LearningRate, LearningRateSchedule } from './schedule.ts';

/** The learning rate of the update that comes after `t` others. The same bits everywhere: see elementary.ts. */
export function rateAt(learningRate: LearningRate, t: number): number {
  if (typeof learningRate === 'number') return learningRate;
  return (RATES[learningRate.kind] as (schedule: LearningRateSchedule, t: number) => number)(learningRate, t);
}

type Rates = {
  readonly [Kind in LearningRateSchedule['kind']]: (
    schedule: Extract<LearningRateSchedule, { kind: Kind }>,
    t: number,
  ) => number;
};

const RATES: Rates = {
  exponentialDecay: ({ initialLearningRate, decaySteps, decayRate, staircase }, t) =>
    initialLearningRate * deterministicPow(decayRate, periods(t, decaySteps, staircase)),

  inverseTimeDecay: ({ initialLearningRate, decaySteps, decayRate, staircase }, t) =>
    initialLearningRate / (1 + decayRate * periods(t, decaySteps, staircase)),

  inverseScaling: ({ initialLearningRate, power }, t) => initialLearningRate / deterministicPow(t + 1, power),

  polynomialDecay({ initialLearningRate, decaySteps, endLearningRate, power, cycle }, t) {
    const steps = cycle ? decaySteps * Math.max(1, Math.ceil(t / decaySteps)) : decaySteps;
    const left = 1 - Math.min(t, steps) / steps;
    return (initialLearningRate - endLearningRate) * deterministicPow(left, power) + endLearningRate;
  },

  piecewiseConstantDecay({ boundaries, values }, t) {
    const piece = boundaries.findIndex((boundary) => t <= boundary);
    return piece < 0 ? values[values.length - 1] : values[piece];
  },

  cosineDecay: ({ initialLearningRate, decaySteps, alpha }, t) =>
    initialLearningRate * cosineShare(Math.min(t, decaySteps) / decaySteps, 1, alpha),

  cosineDecayRestarts({ initialLearningRate, firstDecaySteps, tMul, mMul, alpha }, t) {
    // Periods grow, so there are few of them; with equal ones the number is a quotient.
    let restarts = tMul === 1 ? Math.floor(t / firstDecaySteps) : 0;
    let begin = restarts * firstDecaySteps;
    let length = firstDecaySteps;
    while (t - begin >= length) {
      begin += length;
      length *= tMul;
      restarts++;
    }
    return initialLearningRate * cosineShare((t - begin) / length, deterministicPow(mMul, restarts), alpha);
  },

  oneCycle({ maxLearningRate, totalSteps, warmUpShare, divFactor, finalDivFactor }, t) {
    const first = maxLearningRate / divFactor;
    const turn = warmUpShare * totalSteps - 1;
    if (t <= turn) return anneal(first, maxLearningRate, turn > 0 ? t / turn : 1);
    return anneal(maxLearningRate, first / finalDivFactor, Math.min(1, (t - turn) / (totalSteps - 1 - turn)));
  },

  warmUp({ steps, learningRate }, t) {
    return t < steps ? (rateAt(learningRate, 0) * (t + 1)) / (steps + 1) : rateAt(learningRate, t - steps);
  },
};

/** How many periods have passed; whole ones only with `staircase`. */
function periods(t: number, decaySteps: number, staircase: boolean): number {
  return staircase ? Math.floor(t / decaySteps) : t / decaySteps;
}

/** From `peak` down to `alpha`, along half a cosine. */
function cosineShare(progress: number, peak: number, alpha: number): number {
  return (1 - alpha) * 0.5 * peak * (1 + deterministicCos(Math.PI * progress)) + alpha;
}

/** From `start` to `end`, along half a cosine. */
function anneal(start: number, end: number, progress: number): number {
  return end + ((start - end) / 2) * (deterministicCos(Math.PI * progress) + 1);
}
