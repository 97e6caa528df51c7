import { LockstepError } from '../errors.ts';
import { adam } from './adam.ts';
import type { OptimizerSpec } from './optimizer.ts';
import { sgd } from './sgd.ts';

/** The functions that users call, by the `kind` of what they return: they check options and fill in defaults. */
const CREATORS: { readonly [Kind in OptimizerSpec['kind']]: (options: object) => OptimizerSpec & { kind: Kind } } = {
  adam,
  sgd,
};

/** A specification from a user or a file, checked and with its defaults filled in. Throws INVALID_OPTION. */
export function checkOptimizer(value: unknown, place: string): OptimizerSpec {
  const { kind, ...options } = (typeof value === 'object' && value !== null ? value : {}) as { kind?: string };
  if (kind === undefined || !Object.hasOwn(CREATORS, kind)) {
    throw new LockstepError('INVALID_OPTION', {
      place,
      expected: `an optimizer: ${Object.keys(CREATORS).join('() or ')}()`,
      received: kind === undefined ? typeof value : `kind "${kind}"`,
      advice: 'For example: optimizer: adam({ learningRate: 1e-3 }).',
    });
  }
  return CREATORS[kind as OptimizerSpec['kind']](options);
}
