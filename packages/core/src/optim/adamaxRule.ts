import { COMMON_HYPER, HYPER_COUNT, ADAMAX_HYPER } from '@lockstep/kernels/thread';
import { setCommonHyper } from './commonHyper.ts';
import type { AdamaxSpec, OptimizerKind } from './optimizer.ts';

/** Position of beta1^t among the scalars. */
const BETA1_POWER = 0;

/** How `adamax` (adamax.ts) works. */
export const adamaxRule: OptimizerKind<AdamaxSpec> = {
  stateVectors: () => ['first moment', 'largest gradient'],
  scalarCount: 1,
  hyperCount: HYPER_COUNT,
  initializeScalars(_spec, scalars) {
    scalars[BETA1_POWER] = 1;
  },
  prepareStep(spec, scalars, hyper, update) {
    // By repeated multiplication: Math.pow may differ in its last bit between platforms.
    scalars[BETA1_POWER] *= spec.beta1;
    setCommonHyper(hyper, spec, update);
    hyper[COMMON_HYPER.learningRate] = update.learningRate / (1 - scalars[BETA1_POWER]);
    hyper[ADAMAX_HYPER.beta1] = spec.beta1;
    hyper[ADAMAX_HYPER.oneMinusBeta1] = 1 - spec.beta1;
    hyper[ADAMAX_HYPER.beta2] = spec.beta2;
    hyper[ADAMAX_HYPER.epsilon] = spec.epsilon;
  },
  update: ({ weights, state, gradient, hyper, progress, n }) => ({
    kernel: 'adamax',
    arguments: [weights, state[0], state[1], gradient, hyper, progress, n],
  }),
};
