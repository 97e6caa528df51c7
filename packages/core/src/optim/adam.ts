import { ADAM_HYPER } from '@lockstep/kernels';
import * as v from 'valibot';
import { checkOptions, fraction, positiveNumber } from '../model/check.ts';
import type { AdamSpec, OptimizerRule } from './optimizer.ts';

export interface AdamOptions {
  /** Step size; default 0.001. */
  readonly learningRate?: number;
  /** Decay of the mean of gradients, in [0, 1); default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, in [0, 1); default 0.999. */
  readonly beta2?: number;
  /** Added to the square root, after bias correction; default 1e-8 (the paper's and PyTorch's; Keras has 1e-7). */
  readonly epsilon?: number;
}

const schema = v.strictObject({
  learningRate: v.optional(positiveNumber('learningRate'), 0.001),
  beta1: v.optional(fraction('beta1'), 0.9),
  beta2: v.optional(fraction('beta2'), 0.999),
  epsilon: v.optional(positiveNumber('epsilon'), 1e-8),
});

/**
 * Adam (Kingma & Ba 2015, algorithm 1): steps of the mean gradient over the root of the mean squared gradient, both
 * corrected for their start at 0. Epsilon is added after the correction, as in the algorithm and in PyTorch.
 */
export function adam(options: AdamOptions = {}): AdamSpec {
  return { kind: 'adam', ...checkOptions(schema, options, 'adam') };
}

/** Positions of the running powers of the two decays. */
const SCALAR = { beta1Power: 0, beta2Power: 1 } as const;

export const adamRule: OptimizerRule<AdamSpec> = {
  create: adam,
  stateVectors: () => ['first moment', 'second moment'],
  scalarCount: 2,
  hyperCount: 8,
  initializeScalars(_spec, scalars) {
    scalars[SCALAR.beta1Power] = 1;
    scalars[SCALAR.beta2Power] = 1;
  },
  prepareStep(spec, scalars, hyper, scale) {
    // Powers by repeated multiplication: Math.pow may differ in its last bit between platforms.
    const beta1Power = (scalars[SCALAR.beta1Power] *= spec.beta1);
    const beta2Power = (scalars[SCALAR.beta2Power] *= spec.beta2);
    hyper[ADAM_HYPER.scale] = scale;
    hyper[ADAM_HYPER.stepSize] = spec.learningRate / (1 - beta1Power);
    hyper[ADAM_HYPER.beta1] = spec.beta1;
    hyper[ADAM_HYPER.oneMinusBeta1] = 1 - spec.beta1;
    hyper[ADAM_HYPER.beta2] = spec.beta2;
    hyper[ADAM_HYPER.oneMinusBeta2] = 1 - spec.beta2;
    hyper[ADAM_HYPER.secondCorrection] = 1 / Math.sqrt(1 - beta2Power);
    hyper[ADAM_HYPER.epsilon] = spec.epsilon;
  },
  update: ({ weights, state, gradient, hyper, n }) => ({
    kernel: 'adam',
    arguments: [weights, state[0], state[1], gradient, hyper, n],
  }),
};
