import { adamRule } from './adamRule.ts';
import type { OptimizerRule, OptimizerSpec } from './optimizer.ts';
import { sgdRule } from './sgdRule.ts';

/** Every kind of optimizer, by the `kind` of its specification. */
const RULES: { readonly [Kind in OptimizerSpec['kind']]: OptimizerRule<Extract<OptimizerSpec, { kind: Kind }>> } = {
  adam: adamRule,
  sgd: sgdRule,
};

export function ruleOf(spec: OptimizerSpec): OptimizerRule {
  return RULES[spec.kind];
}
