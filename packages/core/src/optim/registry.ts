import { adadeltaRule } from './adadeltaRule.ts';
import { adagradRule } from './adagradRule.ts';
import { adamaxRule } from './adamaxRule.ts';
import { adamRule } from './adamRule.ts';
import { adamWRule } from './adamWRule.ts';
import { lbfgsRule } from './lbfgsRule.ts';
import { lionRule } from './lionRule.ts';
import { nadamRule } from './nadamRule.ts';
import type { OptimizerKind, OptimizerRule, OptimizerSpec } from './optimizer.ts';
import { rmspropRule } from './rmspropRule.ts';
import { sgdRule } from './sgdRule.ts';

/** Every kind of optimizer, by the `kind` of its specification. */
const KINDS: { readonly [Kind in OptimizerSpec['kind']]: OptimizerKind<Extract<OptimizerSpec, { kind: Kind }>> } = {
  adadelta: adadeltaRule,
  adagrad: adagradRule,
  adam: adamRule,
  adamax: adamaxRule,
  adamW: adamWRule,
  lbfgs: lbfgsRule,
  lion: lionRule,
  nadam: nadamRule,
  rmsprop: rmspropRule,
  sgd: sgdRule,
};

export function ruleOf(spec: OptimizerSpec): OptimizerRule {
  const kind = KINDS[spec.kind] as OptimizerKind<OptimizerSpec>;
  const { update, ...rule } = kind;
  return update === undefined ? rule : { ...rule, update: (range) => update(range, spec) };
}
