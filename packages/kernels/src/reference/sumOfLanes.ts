/** Σ term(i) for i < n in float64: four lanes i mod 4, each in order, then (l0 + l1) + (l2 + l3). */
export function sumOfLanes(n: number, term: (i: number) => number): number {
  const lanes = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) lanes[i % 4] += term(i);
  return lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
}
