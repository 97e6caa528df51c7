import { HYPER_COUNT, RMSPROP_HYPER } from '@lockstep/kernels/thread';
import { setCommonHyper } from './commonHyper.ts';
import type { RmspropSpec, OptimizerKind } from './optimizer.ts';

/** How `rmsprop` (rmsprop.ts) works. */
export const rmspropRule: OptimizerKind<RmspropSpec> = {
  stateVectors: ({ centered, momentum }) => [
    'mean of squares',
    ...(centered ? ['mean of gradients'] : []),
    ...(momentum > 0 ? ['velocity'] : []),
  ],
  scalarCount: 0,
  hyperCount: HYPER_COUNT,
  initializeScalars() {},
  prepareStep(spec, _scalars, hyper, update) {
    setCommonHyper(hyper, spec, update);
    hyper[RMSPROP_HYPER.rho] = spec.rho;
    hyper[RMSPROP_HYPER.oneMinusRho] = 1 - spec.rho;
    hyper[RMSPROP_HYPER.momentum] = spec.momentum;
    hyper[RMSPROP_HYPER.innerEpsilon] = 0;
    hyper[RMSPROP_HYPER.epsilon] = spec.epsilon;
  },
  update: ({ weights, state, gradient, hyper, progress, n }, spec) => ({
    kernel: 'rmsprop',
    arguments: [
      weights,
      state[0],
      spec.centered ? state[1] : 0,
      spec.momentum > 0 ? state[spec.centered ? 2 : 1] : 0,
      gradient,
      hyper,
      progress,
      n,
    ],
  }),
};
