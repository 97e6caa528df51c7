import { COMMON_HYPER } from '@lockstep/kernels/thread';
import type { CommonSpec, UpdateNumbers } from './optimizer.ts';

/** Sets what all kernels but `sgd` and `adam` read first, with decay as L2. Rules change what is theirs afterwards. */
export function setCommonHyper(hyper: Float32Array, spec: CommonSpec, update: UpdateNumbers): void {
  hyper[COMMON_HYPER.scale] = update.scale;
  hyper[COMMON_HYPER.learningRate] = update.learningRate;
  hyper[COMMON_HYPER.clip] = spec.clipValue ?? 0;
  hyper[COMMON_HYPER.decay] = spec.weightDecay;
  hyper[COMMON_HYPER.shrink] = 0;
}

/** Turns the decay that `setCommonHyper` set into a decoupled one (Loshchilov & Hutter 2019). */
export function decoupleDecay(hyper: Float32Array, spec: CommonSpec, update: UpdateNumbers): void {
  hyper[COMMON_HYPER.decay] = 0;
  hyper[COMMON_HYPER.shrink] = update.learningRate * spec.weightDecay;
}

/** Whether gradients are used as they are: then `sgd` and `adam` have faster kernels. */
export function isPlain(spec: CommonSpec): boolean {
  return spec.weightDecay === 0 && spec.clipValue === undefined;
}
