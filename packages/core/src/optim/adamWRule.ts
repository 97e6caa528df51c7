import { HYPER_COUNT } from '@lockstep/kernels/thread';
import { callAdamW, prepareAdamW, startPowers, stateOfAdam } from './adamRule.ts';
import { decoupleDecay } from './commonHyper.ts';
import type { AdamWSpec, OptimizerKind } from './optimizer.ts';

/** How `adamW` (adamW.ts) works. */
export const adamWRule: OptimizerKind<AdamWSpec> = {
  stateVectors: stateOfAdam,
  scalarCount: 2,
  hyperCount: HYPER_COUNT,
  initializeScalars: (_spec, scalars) => startPowers(scalars),
  prepareStep(spec, scalars, hyper, update) {
    prepareAdamW(spec, scalars, hyper, update);
    decoupleDecay(hyper, spec, update);
  },
  update: callAdamW,
};
