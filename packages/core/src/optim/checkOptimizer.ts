import { LockstepError } from '../errors.ts';
import { adadelta } from './adadelta.ts';
import { adagrad } from './adagrad.ts';
import { adam } from './adam.ts';
import { adamax } from './adamax.ts';
import { adamW } from './adamW.ts';
import { lbfgs } from './lbfgs.ts';
import { lion } from './lion.ts';
import { nadam } from './nadam.ts';
import type { OptimizerSpec } from './optimizer.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

/** The functions that users call, by the `kind` of what they return: they check options and fill in defaults. */
const CREATORS: { readonly [Kind in OptimizerSpec['kind']]: (options: object) => OptimizerSpec & { kind: Kind } } = {
  adadelta,
  adagrad,
  adamax,
  adamW,
  lbfgs,
  lion,
  nadam,
  rmsprop,
  adam,
  sgd,
};

/** A specification from a user or a file, checked and with its defaults filled in. Throws INVALID_OPTION. */
export function checkOptimizer(value: unknown, place: string): OptimizerSpec {
  const { kind, ...options } = (typeof value === 'object' && value !== null ? value : {}) as { kind?: string };
  if (kind === undefined || !Object.hasOwn(CREATORS, kind)) {
    const calls = Object.keys(CREATORS).map((name) => `${name}()`);
    throw new LockstepError('INVALID_OPTION', {
      place,
      expected: `an optimizer: ${calls.slice(0, -1).join(', ')} or ${calls.at(-1)}`,
      received: kind === undefined ? typeof value : `kind "${kind}"`,
      advice: 'For example: optimizer: adam({ learningRate: 1e-3 }).',
    });
  }
  return CREATORS[kind as OptimizerSpec['kind']](options);
}
