/**
 * erf in float64: its series e^(-x²) · 2/√π · Σ 2^n x^(2n+1) / (1·3·5···(2n+1)) (Abramowitz & Stegun 7.1.6), all of whose
 * terms are positive, up to 2.5; beyond, 1 - erfc.
 */
export function errorFunction(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude > 2.5) return Math.sign(x) * (1 - complementaryErrorFunction(magnitude));
  if (!(magnitude > 0)) return x;
  const square = magnitude * magnitude;
  let term = magnitude;
  let sum = magnitude;
  for (let n = 1; term > sum * 2 ** -60; n++) {
    term *= (2 * square) / (2 * n + 1);
    sum += term;
  }
  return Math.sign(x) * sum * Math.exp(-square) * (2 / Math.sqrt(Math.PI));
}

/** erfc in float64, for x >= 0.5: the continued fraction of Abramowitz & Stegun 7.1.14, from its 200th term up. */
export function complementaryErrorFunction(x: number): number {
  if (x < 2) return 1 - errorFunction(x);
  let tail = x;
  for (let k = 200; k >= 1; k--) tail = x + k / 2 / tail;
  return Math.exp(-x * x) / (tail * Math.sqrt(Math.PI));
}
