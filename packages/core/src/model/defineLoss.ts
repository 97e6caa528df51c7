import { checkDefinition, hashOfModule, optionsOf, warnOfChance } from './definition.ts';
import type { AnyLossDefinition, CustomLossSpec, DefinedLoss, LossDefinition } from './lossDefinition.ts';
import { DEFINED } from './spec.ts';

// Threads import this file with every module of a loss: it must stay light.

/** Makes a loss for `fit`, `evaluate` and `gradients`: what `defineLoss` returns. Throws INVALID_OPTION. */
export interface CustomLoss<Given extends object = object> extends DefinedLoss {
  (...options: object extends Given ? [options?: Given] : [options: Given]): CustomLossSpec;
}

/** Of all copies of this package that a program may hold. */
const BRAND: unique symbol = Symbol.for('lockstep.loss');

const MEMBERS = { options: 'may', labelWidth: 'may', loss: 'must', gradient: 'must' } as const;

/**
 * A loss of a user's own, e.g.
 * `export const expectile = defineLoss(import.meta.url, { name: 'expectile', loss(row) …, gradient(row) … })`. It stands in a
 * module as a layer does (`defineLayer`). The result makes losses: `model.fit(data, { loss: expectile() })`. Throws
 * INVALID_MODEL.
 */
export function defineLoss<Given extends object = object, Options = object>(
  module: string,
  definition: LossDefinition<Given, Options>,
): CustomLoss<Given> {
  const own = Object.freeze({ ...definition }) as unknown as AnyLossDefinition;
  const { name, loss, gradient } = own;
  checkDefinition('defineLoss', module, own, MEMBERS);
  warnOfChance(`the loss "${name}"`, module, { loss, gradient });
  const create = (given: object = {}): CustomLossSpec =>
    Object.freeze({ kind: 'custom', loss: name, source, options: optionsOf(own, given), [DEFINED]: defined });
  const source = hashOfModule('defineLoss', module, name);
  const defined = Object.assign(create, { loss: name, module, source, definition: own, [BRAND]: true });
  return Object.freeze(defined);
}

export function isDefinedLoss(value: unknown): value is DefinedLoss {
  return typeof value === 'function' && BRAND in value;
}

/** What a loss was made with; null for one that came out of a file. */
export function definedLossOf(spec: { readonly [DEFINED]?: object }): DefinedLoss | null {
  const defined = spec[DEFINED];
  return isDefinedLoss(defined) ? defined : null;
}
