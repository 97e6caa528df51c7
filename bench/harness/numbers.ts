/** Reproducible numbers in [-0.5, 0.5) for inputs whose values do not matter: a linear congruential generator. */
export function fillNumbers(target: Float32Array, seed: number): void {
  let state = seed >>> 0;
  for (let i = 0; i < target.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    target[i] = state / 2 ** 32 - 0.5;
  }
}
