/** Arrays of all trained parameters, in their order. */
export type Vector = readonly Float32Array[];

/** What a step has changed: the weights, and the gradient. */
export interface CorrectionPair {
  readonly step: Vector;
  readonly difference: Vector;
}

/** Σ aᵢ bᵢ, in float64 and in order. */
export function dot(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number {
  let sum = 0;
  for (let part = 0; part < a.length; part++) {
    const [x, y] = [a[part], b[part]];
    for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  }
  return sum;
}

/**
 * direction = −H · gradient, where H is what L-BFGS knows of the inverse of the second derivatives from `pairs`, newest first
 * (Nocedal & Wright 2006, algorithm 7.4, with the scale of equation 7.20). Without pairs, −gradient. `room`: as large as a
 * vector, for numbers in between.
 */
export function quasiNewtonDirection(
  direction: Vector,
  gradient: Vector,
  pairs: readonly CorrectionPair[],
  room: readonly Float64Array[],
): void {
  for (const [part, values] of gradient.entries()) room[part].set(values);
  const curvatures = pairs.map(({ step, difference }) => dot(step, difference));
  const shares = pairs.map(({ step, difference }, i) => {
    const share = dot(step, room) / curvatures[i];
    addTo(room, -share, difference);
    return share;
  });
  if (pairs.length > 0) {
    const { difference } = pairs[0];
    const scale = curvatures[0] / dot(difference, difference);
    for (const values of room) for (let i = 0; i < values.length; i++) values[i] *= scale;
  }
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { step, difference } = pairs[i];
    addTo(room, shares[i] - dot(difference, room) / curvatures[i], step);
  }
  for (const [part, values] of direction.entries()) for (let i = 0; i < values.length; i++) values[i] = -room[part][i];
}

function addTo(target: readonly Float64Array[], factor: number, vector: Vector): void {
  for (const [part, values] of target.entries()) {
    const source = vector[part];
    for (let i = 0; i < values.length; i++) values[i] += factor * source[i];
  }
}
