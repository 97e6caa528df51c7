import { LockstepError } from '../errors.ts';
import { didYouMean, nearestName } from '../model/spelling.ts';
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
      received: describeOptimizer(value, kind),
      advice: `${didYouMean(kind, Object.keys(CREATORS))}${callOf(value)}`,
    });
  }
  return CREATORS[kind as OptimizerSpec['kind']](options);
}

function describeOptimizer(value: unknown, kind: string | undefined): string {
  if (kind !== undefined) return `kind "${kind}"`;
  if (typeof value === 'function') return `the function ${value.name || 'without a name'}, not called`;
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : typeof value;
}

/** What to write instead of a name (`'Adam'`) or a function (`adam`). */
function callOf(value: unknown): string {
  const given = typeof value === 'function' ? value.name : value;
  const name = typeof given === 'string' ? nearestName(given, Object.keys(CREATORS)) : null;
  if (name === null) return 'For example: optimizer: adam({ learningRate: 1e-3 }).';
  return `Import ${name} from @lockstep/core and write optimizer: ${name}(), or ${name}({ … }) with its options.`;
}
