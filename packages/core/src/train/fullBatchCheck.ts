import { LockstepError } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { CheckedFitOptions } from './fitOptions.ts';

/** Checks that options let a search along lines do its work: every step is of all `rows`. Throws INVALID_OPTION and UNSUPPORTED. */
export function checkFullBatch(options: CheckedFitOptions, rows: number): void {
  const { optimizer, batchSize, accumulateGradBatches, gradientClipNorm, weightAverage } = options;
  if (optimizer.kind !== 'lbfgs') return;
  if (batchSize < rows) {
    throw new LockstepError('INVALID_OPTION', {
      place: 'fit.batchSize',
      expected: `at least ${rows}, the rows of the dataset, with lbfgs`,
      received: String(batchSize),
      advice: 'lbfgs compares losses of the whole dataset. For batches of a part of it take adam or sgd.',
    });
  }
  if (accumulateGradBatches > 1)
    refuse('accumulateGradBatches', 'A step sees all rows, so there is nothing to add up.');
  if (gradientClipNorm !== undefined) refuse('gradientClipNorm', 'The line search decides how long a step is.');
  if (weightAverage !== undefined) {
    refuse('weightAverage', 'Averages smooth the noise of small batches, which whole ones do not have.');
  }
}

/** Checks that an evaluation is of the same function every time, and changes nothing by itself. Throws UNSUPPORTED. */
export function checkEvaluations({ optimizer, randomKeys, wholeShards }: Plan): void {
  if (optimizer?.kind !== 'lbfgs') return;
  if (wholeShards) {
    throw new LockstepError('UNSUPPORTED', {
      place: 'fit.optimizer',
      expected: 'a model without batchNormalization, with lbfgs',
      received: 'one with it',
      advice: 'Its moving averages would follow weights that are only tried. Take layerNormalization, or adam or sgd.',
    });
  }
  if (randomKeys.length === 0) return;
  throw new LockstepError('UNSUPPORTED', {
    place: 'fit.optimizer',
    expected: 'a model without random numbers in training, with lbfgs',
    received: 'layers such as dropout',
    advice: 'Each evaluation would be of another function. Leave these layers out, or take adam or sgd.',
  });
}

function refuse(option: string, why: string): never {
  throw new LockstepError('UNSUPPORTED', {
    place: `fit.${option}`,
    expected: `lbfgs without ${option}`,
    received: 'both',
    advice: `${why} Leave ${option} out, or take adam or sgd.`,
  });
}
