/**
 * Numbers for tests, the same in every run: the top bits of a 32-bit linear congruential generator (Numerical Recipes'
 * constants). Its own, so that no test depends on the generator it checks.
 */
export function numbersFrom(seed: number): () => number {
  let state = (seed ^ 0x5bd1e995) >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 0x100_0000;
  };
  // Neighbouring seeds start alike; a few draws part them.
  for (let i = 0; i < 8; i++) next();
  return next;
}

/** Float32 numbers in [-1, 1). */
export function signedNumbers(count: number, seed: number): Float32Array {
  const next = numbersFrom(seed);
  return Float32Array.from({ length: count }, () => 2 * next() - 1);
}

/** Class indices below `classes`. */
export function classNumbers(count: number, classes: number, seed: number): Int32Array {
  const next = numbersFrom(seed);
  return Int32Array.from({ length: count }, () => Math.floor(next() * classes));
}
