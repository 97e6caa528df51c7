import { SGD_HYPER } from '@lockstep/kernels/thread';
import type { OptimizerRule, SgdSpec } from './optimizer.ts';

/** How `sgd` (sgd.ts) works. */
export const sgdRule: OptimizerRule<SgdSpec> = {
  // Without momentum there is nothing to remember.
  stateVectors: ({ momentum }) => (momentum > 0 ? ['velocity'] : []),
  scalarCount: 0,
  hyperCount: 4,
  initializeScalars() {},
  prepareStep(spec, _scalars, hyper, { scale, learningRate }) {
    hyper[SGD_HYPER.scale] = scale;
    hyper[SGD_HYPER.learningRate] = learningRate;
    hyper[SGD_HYPER.momentum] = spec.momentum;
    hyper[SGD_HYPER.nesterov] = spec.nesterov && spec.momentum > 0 ? 1 : 0;
  },
  update: ({ weights, state, gradient, hyper, progress, n }) => ({
    kernel: 'sgd',
    arguments: [weights, state[0] ?? 0, gradient, hyper, progress, n],
  }),
};
