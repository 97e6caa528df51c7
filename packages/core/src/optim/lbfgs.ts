import * as v from 'valibot';
import { checkOptions, positiveInteger } from '../model/check.ts';
import type { LbfgsSpec } from './optimizer.ts';
import { atLeastZero } from './options.ts';

export interface LbfgsOptions {
  /** Steps that the second derivatives are estimated from; default 10. Each takes memory twice that of the weights. */
  readonly historySize?: number;
  /** The run has converged when no element of the gradient is larger; default 1e-5 (scipy's gtol). */
  readonly tolerance?: number;
  /** Evaluations of the loss along one direction at most; default 25. */
  readonly maxLineSearch?: number;
}

const schema = v.strictObject({
  historySize: v.optional(positiveInteger('historySize'), 10),
  tolerance: v.optional(atLeastZero('tolerance'), 1e-5),
  maxLineSearch: v.optional(positiveInteger('maxLineSearch'), 25),
});

/**
 * L-BFGS (Liu & Nocedal 1989; Nocedal & Wright 2006, algorithm 7.5) with a line search for the strong Wolfe conditions: for
 * data of which every step can see all, so `batchSize` is at least their number. It often needs far fewer passes than descent
 * to a minimum that is far deeper, and has no learning rate.
 *
 * An epoch is one evaluation of loss and gradient, of which a line search needs one or several: give as many `epochs` as
 * evaluations are to be spent. After each epoch the model has the weights of the last step that was accepted, and the epoch's
 * metrics are those of these. Rows are taken in file order. `fit` ends with `stoppedBy: 'convergence'` when the gradient is below
 * `tolerance`, or when nothing lowers the loss any more in float32. Throws INVALID_OPTION.
 */
export function lbfgs(options: LbfgsOptions = {}): LbfgsSpec {
  return { kind: 'lbfgs', ...checkOptions(schema, options, 'lbfgs') };
}
