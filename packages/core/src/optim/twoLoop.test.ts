import { expect, test } from 'vitest';
import { type CorrectionPair, dot, quasiNewtonDirection } from './twoLoop.ts';

/** Numbers in [-1, 1), the same every time. */
function numbers(count: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const SIZES = [3, 1, 4];
const N = 8;

function vector(values: readonly number[]): Float32Array[] {
  let at = 0;
  return SIZES.map((size) => Float32Array.from(values.slice(at, (at += size))));
}

/** −H · gradient with the matrix written out (Nocedal & Wright 2006, equations 7.16 and 7.20), oldest pair first. */
function byMatrix(gradient: readonly number[], pairs: readonly (readonly [number[], number[]])[]): number[] {
  const product = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const newest = pairs.at(-1);
  const scale = newest === undefined ? 1 : product(...newest) / product(newest[1], newest[1]);
  let h = Array.from({ length: N }, (_, i) => Array.from({ length: N }, (__, j) => (i === j ? scale : 0)));
  for (const [s, y] of pairs) {
    const rho = 1 / product(s, y);
    const v = h.map((row, i) => row.map((_, j) => (i === j ? 1 : 0) - rho * y[i] * s[j]));
    const hv = h.map((row) =>
      row.map((_, j) =>
        product(
          row,
          v.map((own) => own[j]),
        ),
      ),
    );
    h = hv.map((_, i) =>
      hv.map(
        (__, j) =>
          product(
            v.map((own) => own[i]),
            hv.map((own) => own[j]),
          ) +
          rho * s[i] * s[j],
      ),
    );
  }
  return h.map((row) => -product(row, gradient));
}

test.each([0, 1, 2, 5])('%i pairs give the product with the matrix', (count) => {
  const gradient = vector(numbers(N, 1));
  const pairs = Array.from({ length: count }, (_, i): CorrectionPair => {
    const step = numbers(N, 10 + i);
    // A second derivative of 1 to 8 by element, and a little noise: curved along every step.
    const difference = step.map((x, j) => x * (1 + j) + 0.1 * numbers(N, 30 + i)[j]);
    return { step: vector(step), difference: vector(difference) };
  });
  const direction = vector(numbers(N, 2));
  quasiNewtonDirection(
    direction,
    gradient,
    pairs.toReversed(),
    SIZES.map((size) => new Float64Array(size)),
  );
  const flat = (parts: readonly Float32Array[]): number[] => parts.flatMap((part) => [...part]);
  const expected = byMatrix(
    flat(gradient),
    pairs.map(({ step, difference }) => [flat([...step]), flat([...difference])]),
  );
  flat(direction).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
  expect(dot(direction, gradient)).toBeLessThan(0);
});
