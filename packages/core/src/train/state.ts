import type { ModelSpec } from '../model/spec.ts';
import type { ModelLayout } from '../plan/modelLayout.ts';
import type { Arena } from '../runtime/arena.ts';

/** What fit, evaluate, predict and gradients work on: the model without its methods. */
export interface ModelState {
  readonly spec: ModelSpec;
  readonly layout: ModelLayout;
  readonly arena: Arena;
}
