import { ADAM_HYPER } from '@lockstep/kernels/thread';
import type { AdamSpec, OptimizerRule } from './optimizer.ts';

/** Positions of the running powers of the two decays. */
const SCALAR = { beta1Power: 0, beta2Power: 1 } as const;

/** How `adam` (adam.ts) works. */
export const adamRule: OptimizerRule<AdamSpec> = {
  stateVectors: () => ['first moment', 'second moment'],
  scalarCount: 2,
  hyperCount: 8,
  initializeScalars(_spec, scalars) {
    scalars[SCALAR.beta1Power] = 1;
    scalars[SCALAR.beta2Power] = 1;
  },
  prepareStep(spec, scalars, hyper, { scale, learningRate }) {
    // Powers by repeated multiplication: Math.pow may differ in its last bit between platforms.
    const beta1Power = (scalars[SCALAR.beta1Power] *= spec.beta1);
    const beta2Power = (scalars[SCALAR.beta2Power] *= spec.beta2);
    hyper[ADAM_HYPER.scale] = scale;
    hyper[ADAM_HYPER.stepSize] = learningRate / (1 - beta1Power);
    hyper[ADAM_HYPER.beta1] = spec.beta1;
    hyper[ADAM_HYPER.oneMinusBeta1] = 1 - spec.beta1;
    hyper[ADAM_HYPER.beta2] = spec.beta2;
    hyper[ADAM_HYPER.oneMinusBeta2] = 1 - spec.beta2;
    hyper[ADAM_HYPER.secondCorrection] = 1 / Math.sqrt(1 - beta2Power);
    hyper[ADAM_HYPER.epsilon] = spec.epsilon;
  },
  update: ({ weights, state, gradient, hyper, progress, n }) => ({
    kernel: 'adam',
    arguments: [weights, state[0], state[1], gradient, hyper, progress, n],
  }),
};
