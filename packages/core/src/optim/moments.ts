/** Where a kernel of Adam's family reads its decays, its correction and epsilon. */
interface MomentPositions {
  readonly beta1: number;
  readonly oneMinusBeta1: number;
  readonly beta2: number;
  readonly oneMinusBeta2: number;
  readonly secondCorrection: number;
  readonly epsilon: number;
}

/** Sets them. `beta2Power`: beta2 to the power of the number of updates, this one included. */
export function setMoments(
  hyper: Float32Array,
  positions: MomentPositions,
  spec: { readonly beta1: number; readonly beta2: number; readonly epsilon: number },
  beta2Power: number,
): void {
  hyper[positions.beta1] = spec.beta1;
  hyper[positions.oneMinusBeta1] = 1 - spec.beta1;
  hyper[positions.beta2] = spec.beta2;
  hyper[positions.oneMinusBeta2] = 1 - spec.beta2;
  hyper[positions.secondCorrection] = 1 / Math.sqrt(1 - beta2Power);
  hyper[positions.epsilon] = spec.epsilon;
}
