import { ADAM_HYPER, ADAMW_HYPER, COMMON_HYPER, HYPER_COUNT } from '@lockstep/kernels/thread';
import { isPlain, setCommonHyper } from './commonHyper.ts';
import { setMoments } from './moments.ts';
import type { AdamSpec, AdamWSpec, OptimizerKind, OptimizerRule, UpdateNumbers } from './optimizer.ts';

/** Positions of the running powers of the two decays. */
const SCALAR = { beta1Power: 0, beta2Power: 1 } as const;

/** How `adam` (adam.ts) works: without weight decay, clipping and AMSGrad by a kernel of its own. */
export const adamRule: OptimizerKind<AdamSpec> = {
  stateVectors: stateOfAdam,
  scalarCount: 2,
  hyperCount: HYPER_COUNT,
  initializeScalars: (_spec, scalars) => startPowers(scalars),
  prepareStep(spec, scalars, hyper, update) {
    if (!hasOwnKernel(spec)) {
      prepareAdamW(spec, scalars, hyper, update);
      return;
    }
    advancePowers(spec, scalars);
    hyper[ADAM_HYPER.scale] = update.scale;
    hyper[ADAM_HYPER.stepSize] = update.learningRate / (1 - scalars[SCALAR.beta1Power]);
    setMoments(hyper, ADAM_HYPER, spec, scalars[SCALAR.beta2Power]);
  },
  update: (range, spec) => {
    if (!hasOwnKernel(spec)) return callAdamW(range);
    const { weights, state, gradient, hyper, progress, n } = range;
    return { kernel: 'adam', arguments: [weights, state[0], state[1], gradient, hyper, progress, n] };
  },
};

function hasOwnKernel(spec: AdamSpec): boolean {
  return isPlain(spec) && !spec.amsgrad;
}

export function stateOfAdam({ amsgrad }: { readonly amsgrad: boolean }): readonly string[] {
  return ['first moment', 'second moment', ...(amsgrad ? ['largest second moment'] : [])];
}

export function startPowers(scalars: Float64Array): void {
  scalars[SCALAR.beta1Power] = 1;
  scalars[SCALAR.beta2Power] = 1;
}

/** By repeated multiplication: Math.pow may differ in its last bit between platforms. */
function advancePowers(spec: AdamSpec | AdamWSpec, scalars: Float64Array): void {
  scalars[SCALAR.beta1Power] *= spec.beta1;
  scalars[SCALAR.beta2Power] *= spec.beta2;
}

/** Of the kernel `adamW`, with decay as L2. */
export function prepareAdamW(
  spec: AdamSpec | AdamWSpec,
  scalars: Float64Array,
  hyper: Float32Array,
  update: UpdateNumbers,
): void {
  advancePowers(spec, scalars);
  setCommonHyper(hyper, spec, update);
  hyper[COMMON_HYPER.learningRate] = update.learningRate / (1 - scalars[SCALAR.beta1Power]);
  setMoments(hyper, ADAMW_HYPER, spec, scalars[SCALAR.beta2Power]);
}

export const callAdamW: NonNullable<OptimizerRule['update']> = ({ weights, state, gradient, hyper, progress, n }) => ({
  kernel: 'adamW',
  arguments: [weights, state[0], state[1], state[2] ?? 0, gradient, hyper, progress, n],
});
