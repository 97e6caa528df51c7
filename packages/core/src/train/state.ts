import type { ModelSpec } from '../model/spec.ts';
import type { ModelLayout } from '../plan/modelLayout.ts';
import type { Arena } from '../runtime/arena.ts';

/**
 * idle: nobody trains; stepping: `fit` has taken over the weights, and threads change them at any moment; resting: it is
 * in a callback, between two epochs or two steps.
 */
export type TrainingPhase = 'idle' | 'resting' | 'stepping';

/** What fit, evaluate, predict and gradients work on: the model without its methods. */
export interface ModelState {
  /** Written by `fit`. */
  phase: TrainingPhase;
  readonly spec: ModelSpec;
  readonly layout: ModelLayout;
  readonly arena: Arena;
}
