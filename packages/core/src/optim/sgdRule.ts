import { HYPER_COUNT, SGD_HYPER, SGDW_HYPER } from '@lockstep/kernels/thread';
import { isPlain, setCommonHyper } from './commonHyper.ts';
import type { OptimizerKind, SgdSpec } from './optimizer.ts';

/** How `sgd` (sgd.ts) works: without weight decay and clipping by a kernel of its own. */
export const sgdRule: OptimizerKind<SgdSpec> = {
  // Without momentum there is nothing to remember.
  stateVectors: ({ momentum }) => (momentum > 0 ? ['velocity'] : []),
  scalarCount: 0,
  hyperCount: HYPER_COUNT,
  initializeScalars() {},
  prepareStep(spec, _scalars, hyper, update) {
    const nesterov = spec.nesterov && spec.momentum > 0 ? 1 : 0;
    if (isPlain(spec)) {
      hyper[SGD_HYPER.scale] = update.scale;
      hyper[SGD_HYPER.learningRate] = update.learningRate;
      hyper[SGD_HYPER.momentum] = spec.momentum;
      hyper[SGD_HYPER.nesterov] = nesterov;
    } else {
      setCommonHyper(hyper, spec, update);
      hyper[SGDW_HYPER.momentum] = spec.momentum;
      hyper[SGDW_HYPER.nesterov] = nesterov;
    }
  },
  update: ({ weights, state, gradient, hyper, progress, n }, spec) => ({
    kernel: isPlain(spec) ? 'sgd' : 'sgdW',
    arguments: [weights, state[0] ?? 0, gradient, hyper, progress, n],
  }),
};
