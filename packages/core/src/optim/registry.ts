import { LockstepError } from '../errors.ts';
import { adamRule } from './adam.ts';
import type { OptimizerRule, OptimizerSpec } from './optimizer.ts';
import { sgdRule } from './sgd.ts';

/** Every kind of optimizer, by the `kind` of its specification. */
const RULES: { readonly [Kind in OptimizerSpec['kind']]: OptimizerRule<Extract<OptimizerSpec, { kind: Kind }>> } = {
  adam: adamRule,
  sgd: sgdRule,
};

export function ruleOf(spec: OptimizerSpec): OptimizerRule {
  return RULES[spec.kind];
}

/** A specification from a user or a file, checked and with its defaults filled in. Throws INVALID_OPTION. */
export function checkOptimizer(value: unknown, place: string): OptimizerSpec {
  const { kind, ...options } = (typeof value === 'object' && value !== null ? value : {}) as { kind?: string };
  if (kind === undefined || !Object.hasOwn(RULES, kind)) {
    throw new LockstepError('INVALID_OPTION', {
      place,
      expected: `an optimizer: ${Object.keys(RULES).join('() or ')}()`,
      received: kind === undefined ? typeof value : `kind "${kind}"`,
      advice: 'For example: optimizer: adam({ learningRate: 1e-3 }).',
    });
  }
  return RULES[kind as OptimizerSpec['kind']].create(options);
}
