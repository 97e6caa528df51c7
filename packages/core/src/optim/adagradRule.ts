import { HYPER_COUNT, ADAGRAD_HYPER } from '@lockstep/kernels/thread';
import { setCommonHyper } from './commonHyper.ts';
import type { AdagradSpec, OptimizerKind } from './optimizer.ts';

/** How `adagrad` (adagrad.ts) works. */
export const adagradRule: OptimizerKind<AdagradSpec> = {
  stateVectors: () => ['sum of squares'],
  initialState: ({ initialAccumulatorValue }) => initialAccumulatorValue,
  scalarCount: 0,
  hyperCount: HYPER_COUNT,
  initializeScalars() {},
  prepareStep(spec, _scalars, hyper, update) {
    setCommonHyper(hyper, spec, update);
    hyper[ADAGRAD_HYPER.innerEpsilon] = 0;
    hyper[ADAGRAD_HYPER.epsilon] = spec.epsilon;
  },
  update: ({ weights, state, gradient, hyper, progress, n }) => ({
    kernel: 'adagrad',
    arguments: [weights, state[0], gradient, hyper, progress, n],
  }),
};
