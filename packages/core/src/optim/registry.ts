import { adamRule } from './adam.ts';
import type { OptimizerRule, OptimizerSpec } from './optimizer.ts';
import { sgdRule } from './sgd.ts';

/** Every kind of optimizer, by the `kind` of its specification. */
const RULES: { readonly [Kind in OptimizerSpec['kind']]: OptimizerRule<Extract<OptimizerSpec, { kind: Kind }>> } = {
  adam: adamRule,
  sgd: sgdRule,
};

export const OPTIMIZERS: readonly string[] = Object.keys(RULES);

export function ruleOf(spec: OptimizerSpec): OptimizerRule {
  return RULES[spec.kind];
}
