import { HYPER_COUNT, ADADELTA_HYPER } from '@lockstep/kernels/thread';
import { setCommonHyper } from './commonHyper.ts';
import type { AdadeltaSpec, OptimizerKind } from './optimizer.ts';

/** How `adadelta` (adadelta.ts) works. */
export const adadeltaRule: OptimizerKind<AdadeltaSpec> = {
  stateVectors: () => ['mean of squares', 'mean of squared steps'],
  scalarCount: 0,
  hyperCount: HYPER_COUNT,
  initializeScalars() {},
  prepareStep(spec, _scalars, hyper, update) {
    setCommonHyper(hyper, spec, update);
    hyper[ADADELTA_HYPER.rho] = spec.rho;
    hyper[ADADELTA_HYPER.oneMinusRho] = 1 - spec.rho;
    hyper[ADADELTA_HYPER.epsilon] = spec.epsilon;
  },
  update: ({ weights, state, gradient, hyper, progress, n }) => ({
    kernel: 'adadelta',
    arguments: [weights, state[0], state[1], gradient, hyper, progress, n],
  }),
};
