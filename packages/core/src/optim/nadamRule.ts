import { COMMON_HYPER, HYPER_COUNT, NADAM_HYPER } from '@lockstep/kernels/thread';
import { deterministicPow } from '../elementary.ts';
import { setCommonHyper } from './commonHyper.ts';
import { setMoments } from './moments.ts';
import type { NadamSpec, OptimizerKind } from './optimizer.ts';

/** Positions of beta2^t, the product of the momenta μ(1) ⋯ μ(t), 0.96^momentumDecay, and that to the power of t. */
const SCALAR = { beta2Power: 0, momentumProduct: 1, decay: 2, decayPower: 3 } as const;

/** How `nadam` (nadam.ts) works. */
export const nadamRule: OptimizerKind<NadamSpec> = {
  stateVectors: () => ['first moment', 'second moment'],
  scalarCount: 4,
  hyperCount: HYPER_COUNT,
  initializeScalars(spec, scalars) {
    scalars[SCALAR.beta2Power] = 1;
    scalars[SCALAR.momentumProduct] = 1;
    scalars[SCALAR.decay] = deterministicPow(0.96, spec.momentumDecay);
    scalars[SCALAR.decayPower] = 1;
  },
  prepareStep(spec, scalars, hyper, update) {
    const beta2Power = (scalars[SCALAR.beta2Power] *= spec.beta2);
    const decayPower = (scalars[SCALAR.decayPower] *= scalars[SCALAR.decay]);
    const momentum = spec.beta1 * (1 - 0.5 * decayPower);
    const nextMomentum = spec.beta1 * (1 - 0.5 * decayPower * scalars[SCALAR.decay]);
    const product = (scalars[SCALAR.momentumProduct] *= momentum);
    setCommonHyper(hyper, spec, update);
    hyper[COMMON_HYPER.learningRate] = (update.learningRate * nextMomentum) / (1 - product * nextMomentum);
    setMoments(hyper, NADAM_HYPER, spec, beta2Power);
    hyper[NADAM_HYPER.gradientStep] = (update.learningRate * (1 - momentum)) / (1 - product);
  },
  update: ({ weights, state, gradient, hyper, progress, n }) => ({
    kernel: 'nadam',
    arguments: [weights, state[0], state[1], gradient, hyper, progress, n],
  }),
};
