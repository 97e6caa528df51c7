import { describe, expect, test } from 'vitest';
import { beginLineSearch, continueLineSearch, SEARCH } from './lineSearch.ts';

/** Functions of one number with their slopes; the search goes from 0 in the positive direction. */
const FUNCTIONS: readonly { readonly name: string; readonly at: (x: number) => readonly [number, number] }[] = [
  { name: 'a parabola', at: (x) => [(x - 3) ** 2, 2 * (x - 3)] },
  { name: 'a narrow parabola', at: (x) => [1e6 * (x - 1e-3) ** 2, 2e6 * (x - 1e-3)] },
  { name: 'a fourth power', at: (x) => [(x - 2) ** 4 - x, 4 * (x - 2) ** 3 - 1] },
  // Moré & Thuente 1994, equation 5.1 with β = 2: it falls to √2 and rises slowly after.
  { name: 'a hollow that is open to one side', at: (x) => [0 - x / (x * x + 2), (x * x - 2) / (x * x + 2) ** 2] },
  { name: 'waves on a slope', at: (x) => [Math.cos(5 * x) + (x - 4) ** 2, -5 * Math.sin(5 * x) + 2 * (x - 4)] },
  { name: 'nothing but NaN beyond 1', at: (x) => (x < 1 ? [-x + x ** 8, -1 + 8 * x ** 7] : [NaN, NaN]) },
  { name: 'an overflow', at: (x) => [Math.exp(9 * x) - 90 * x, 9 * Math.exp(9 * x) - 90] },
];

/** Searches; returns what it came to and after how many evaluations. */
function search(
  at: (x: number) => readonly [number, number],
  first: number,
  most = 25,
): { outcome: string; step: number; tries: number } {
  const state = new Float64Array(SEARCH.count + 1).fill(7);
  beginLineSearch(state, ...at(0), first);
  for (let tries = 1; tries <= most + 1; tries++) {
    const step = state[SEARCH.step];
    // What a checkpoint can hold: it goes on from a copy through JSON.
    const copy = Float64Array.from(JSON.parse(JSON.stringify([...state])));
    const outcome = continueLineSearch(state, ...at(step), most);
    expect(continueLineSearch(copy, ...at(step), most)).toBe(outcome);
    expect(copy).toEqual(state);
    expect(state[SEARCH.count], 'beyond its numbers').toBe(7);
    if (outcome !== 'evaluate') return { outcome, step, tries };
  }
  throw new Error('more evaluations than allowed');
}

describe.each(FUNCTIONS)('$name', ({ at }) => {
  test.each([1e-3, 0.1, 1, 10, 1e3])('first step %d: ends where the strong Wolfe conditions hold', (first) => {
    const { outcome, step, tries } = search(at, first);
    expect(outcome).toBe('accepted');
    const [[loss, slope], [lossThere, slopeThere]] = [at(0), at(step)];
    expect(lossThere).toBeLessThanOrEqual(loss + 1e-4 * step * slope + 2 ** -23 * Math.abs(loss));
    expect(Math.abs(slopeThere)).toBeLessThanOrEqual(0.9 * Math.abs(slope));
    expect(tries).toBeLessThanOrEqual(12);
  });
});

test('where the evaluations are over, it takes the best, and measures it once more unless it was the last', () => {
  // The slope never flattens: each longer step is better.
  const falling = (x: number): readonly [number, number] => [0 - x, -1];
  expect(search(falling, 1, 3)).toEqual({ outcome: 'accepted', step: 100, tries: 3 });
  // The second step is beyond the minimum, and worse.
  const notch = (x: number): readonly [number, number] => [x < 1 ? 0 - x : 10 * x - 11, x < 1 ? -1 : 10];
  expect(search(notch, 0.5, 2)).toEqual({ outcome: 'accepted', step: 0.5, tries: 3 });
});

test('where nothing lowers the loss, it fails', () => {
  // A slope that is wrong, as one that is all rounding may be.
  expect(search((x) => [x, -1], 1).outcome).toBe('failed');
  expect(search((x) => (x === 0 ? [1, -1] : [NaN, NaN]), 1).outcome).toBe('failed');
});

test('below the rounding of the loss the slopes decide', () => {
  const noise = (x: number): number => (x === 0 ? 0 : 1e-8);
  const { outcome, step } = search((x) => [1 + noise(x) + 1e-12 * (x - 1) ** 2, 2e-12 * (x - 1)], 1.05);
  expect({ outcome, step }).toEqual({ outcome: 'accepted', step: 1.05 });
});
