import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { deterministicExp, deterministicLog } from '../elementary.ts';
import { checkOptions, fraction, positiveInteger, positiveNumber } from '../model/check.ts';
import type { Loss } from '../model/losses.ts';
import { adam } from '../optim/adam.ts';
import { checkOptimizer } from '../optim/checkOptimizer.ts';
import type { OptimizerSpec } from '../optim/optimizer.ts';
import type { Callback } from './callbacks.ts';
import type { FitOptions } from './fitOptions.ts';

/** Options of `model.findLearningRate`; those of `fit` mean the same here. */
export interface FindLearningRateOptions extends Pick<
  FitOptions,
  | 'batchSize'
  | 'classWeights'
  | 'workers'
  | 'shards'
  | 'seed'
  | 'shuffle'
  | 'accumulateGradBatches'
  | 'gradientClipNorm'
  | 'signal'
> {
  readonly loss: Loss;
  /** Whose learning rate is looked for; the one it has does not matter. Default adam(). */
  readonly optimizer?: OptimizerSpec;
  /** The first and the last rate; default 1e-7 and 10. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** Training steps from one to the other at most; default 100. */
  readonly steps?: number;
  /** How much of the smoothed loss stays from step to step, in [0, 1); default 0.9. */
  readonly smoothing?: number;
  /** The search ends when the smoothed loss is so many times the best; default 4. */
  readonly divergence?: number;
}

export interface LearningRateSearch {
  /** Of each step, growing by one factor. */
  readonly learningRates: readonly number[];
  /** Of each step's batch before its update, smoothed. */
  readonly losses: readonly number[];
  /**
   * Where the smoothed loss falls fastest, and no more than a tenth of the rate at which it is least, which comes too late where
   * losses never explode; null where it never falls.
   */
  readonly suggestion: number | null;
}

/** For `fit` to check. */
const passedOn = v.exactOptional(v.unknown());

const schema = v.strictObject({
  loss: v.optional(v.unknown()),
  ...{ workers: passedOn, shards: passedOn, seed: passedOn, shuffle: passedOn, signal: passedOn },
  ...{ accumulateGradBatches: passedOn, gradientClipNorm: passedOn, classWeights: passedOn },
  optimizer: v.optional(v.unknown(), adam()),
  minimum: v.optional(positiveNumber('minimum'), 1e-7),
  maximum: v.optional(positiveNumber('maximum'), 10),
  steps: v.optional(positiveInteger('steps'), 100),
  batchSize: v.optional(positiveInteger('batchSize'), 32),
  smoothing: v.optional(fraction('smoothing'), 0.9),
  divergence: v.optional(
    v.pipe(
      v.number('divergence is a number'),
      v.check((value) => value > 1, 'divergence is a number greater than 1'),
    ),
    4,
  ),
});

/** What trains: `fit` on a copy of the model. */
export type Train = (options: FitOptions) => Promise<unknown>;

/**
 * Trains with a learning rate that grows from step to step by one factor, and looks at the loss (Smith 2017, "Cyclical learning
 * rates for training neural networks", section 3.3). The loss is smoothed exponentially, without the bias of its first steps, as
 * Adam's moments are. `rows`: of the dataset.
 */
export async function findLearningRate(
  train: Train,
  rows: number,
  options: FindLearningRateOptions,
): Promise<LearningRateSearch> {
  const checked = checkOptions(schema, options, 'findLearningRate');
  const { minimum, maximum, steps, smoothing, divergence, batchSize, optimizer, ...others } = checked;
  if (minimum >= maximum) {
    throw new LockstepError('INVALID_OPTION', {
      place: 'findLearningRate.minimum',
      expected: `a rate below maximum, ${maximum}`,
      received: String(minimum),
      advice: 'The search goes from minimum to maximum.',
    });
  }
  const own = checkOptimizer(optimizer, 'findLearningRate.optimizer');
  if (own.kind === 'lbfgs') {
    throw new LockstepError('UNSUPPORTED', {
      place: 'findLearningRate.optimizer',
      expected: 'an optimizer with a learning rate',
      received: 'lbfgs',
      advice: 'Its line search finds the length of every step by itself: call fit.',
    });
  }
  const rates = ratesBetween(minimum, maximum, steps);
  const losses: number[] = [];
  let average = 0;
  let weight = 1;
  let best = Infinity;
  const search: Callback = {
    onBatchEnd({ loss, scaleLearningRate, stop }) {
      // Rows without weight have no loss, and say nothing of the rate.
      if (!Number.isNaN(loss)) {
        average = smoothing * average + (1 - smoothing) * loss;
        weight *= smoothing;
      }
      const smoothed = average / (1 - weight);
      losses.push(smoothed);
      if (smoothed > divergence * best) stop();
      if (smoothed < best) best = smoothed;
      const step = losses.length;
      if (step < steps) scaleLearningRate(rates[step] / rates[step - 1]);
    },
  };
  const batches = Math.ceil(rows / Math.min(batchSize, rows));
  try {
    await train({
      ...(others as Partial<FitOptions>),
      ...{ loss: options.loss, batchSize, epochs: Math.ceil(steps / batches), maxSteps: steps },
      optimizer: { ...own, learningRate: minimum },
      ...{ callbacks: [search], progress: false },
    });
  } catch (error) {
    // The weights are lost at such a rate, which is what was to be found out.
    if (!(error instanceof LockstepError && error.code === 'LOSS_NOT_FINITE' && losses.length > 0)) throw error;
  }
  const learningRates = rates.slice(0, losses.length);
  return { learningRates, losses, suggestion: suggestionOf(learningRates, losses) };
}

/** So many rates, each the same number of times the one before; by sums and products of our own exp and log alone. */
function ratesBetween(minimum: number, maximum: number, steps: number): number[] {
  const logarithm = deterministicLog(maximum / minimum);
  return Array.from({ length: steps }, (_, step) =>
    step === 0 ? minimum : minimum * deterministicExp((logarithm * step) / (steps - 1)),
  );
}

function suggestionOf(rates: readonly number[], losses: readonly number[]): number | null {
  const fastest = steepest(rates, losses);
  if (fastest === null) return null;
  return Math.min(fastest, rates[losses.indexOf(Math.min(...losses))] / 10);
}

/** The rate at which the losses fall fastest by step, from the differences of neighbours on both sides. */
function steepest(rates: readonly number[], losses: readonly number[]): number | null {
  let fall = 0;
  let found: number | null = null;
  for (let step = 1; step + 1 < losses.length; step++) {
    const change = losses[step + 1] - losses[step - 1];
    if (change < fall) {
      fall = change;
      found = rates[step];
    }
  }
  return found;
}
