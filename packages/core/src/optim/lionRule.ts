import { HYPER_COUNT, LION_HYPER } from '@lockstep/kernels/thread';
import { decoupleDecay, setCommonHyper } from './commonHyper.ts';
import type { LionSpec, OptimizerKind } from './optimizer.ts';

/** How `lion` (lion.ts) works. */
export const lionRule: OptimizerKind<LionSpec> = {
  stateVectors: () => ['moment'],
  scalarCount: 0,
  hyperCount: HYPER_COUNT,
  initializeScalars() {},
  prepareStep(spec, _scalars, hyper, update) {
    setCommonHyper(hyper, spec, update);
    decoupleDecay(hyper, spec, update);
    hyper[LION_HYPER.beta1] = spec.beta1;
    hyper[LION_HYPER.oneMinusBeta1] = 1 - spec.beta1;
    hyper[LION_HYPER.beta2] = spec.beta2;
    hyper[LION_HYPER.oneMinusBeta2] = 1 - spec.beta2;
  },
  update: ({ weights, state, gradient, hyper, progress, n }) => ({
    kernel: 'lion',
    arguments: [weights, state[0], gradient, hyper, progress, n],
  }),
};
