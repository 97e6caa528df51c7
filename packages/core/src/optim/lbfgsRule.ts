import type { LbfgsSpec, OptimizerKind } from './optimizer.ts';

/** Positions of its numbers; the line search has the first SEARCH.count of them. */
export const LBFGS = {
  /** One of LBFGS_STATE. */
  state: 11,
  /** Pairs that are kept, and the place of the newest. */
  pairs: 12,
  newest: 13,
  /** 1: the last evaluation was of the weights that the model has now. */
  accepted: 14,
  /** Steps in succession that have not lowered the loss. */
  idle: 15,
  count: 16,
} as const;

/** `begins`: the weights as they are have yet to be evaluated. */
export const LBFGS_STATE = { begins: 0, searches: 1, converged: 2 } as const;

/** How `lbfgs` (lbfgs.ts) works: threads compute gradients alone, and between steps train/fullBatchSearch.ts moves the weights. */
export const lbfgsRule: OptimizerKind<LbfgsSpec> = {
  stateVectors: ({ historySize }) => [
    ...['gradient', 'direction'],
    ...Array.from({ length: historySize }, (_, place) => [`step ${place}`, `difference ${place}`]).flat(),
  ],
  scalarCount: LBFGS.count,
  hyperCount: 0,
  initializeScalars: (_spec, scalars) => void scalars.fill(0),
  tries: (scalars) => scalars[LBFGS.state] === LBFGS_STATE.searches,
  prepareStep() {},
};
