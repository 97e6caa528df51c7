import { expect, test } from 'vitest';
import { numbers } from '../testing/bench.ts';
import { fusedMultiplyAdd } from './fusedMultiplyAdd.ts';

/** The float32 nearest to a·b + c, by whole numbers of units of 2^-298: exact, and slow. */
function exactly(a: number, b: number, c: number): number {
  const value = units(a, 149n) * units(b, 149n) + units(c, 298n);
  if (value === 0n) return 0;
  const magnitude = value < 0n ? -value : value;
  const bits = BigInt(magnitude.toString(2).length);
  // The last bit kept: 24 significant bits, or those above 2^-149.
  const shift = bits - 24n > 149n ? bits - 24n : 149n;
  const half = 1n << (shift - 1n);
  let kept = magnitude >> shift;
  const rest = magnitude - (kept << shift);
  if (rest > half || (rest === half && (kept & 1n) === 1n)) kept += 1n;
  return Math.sign(Number(value)) * Number(kept) * 2 ** Number(shift - 298n);
}

/** x as a whole number of units of 2^-exponent. */
function units(x: number, exponent: bigint): bigint {
  if (x === 0) return 0n;
  const power = Math.max(Math.floor(Math.log2(Math.abs(x))), -126) - 23;
  return BigInt(x / 2 ** power) << (BigInt(power) + exponent);
}

test('rounds once, as exact arithmetic does', () => {
  const next = numbers(3);
  const random = (): number => Math.fround(next() * 2 ** Math.round(next() * 40));
  let rounded = 0;
  for (let i = 0; i < 20_000; i++) {
    const a = random();
    const b = random();
    // Often the sum nearly cancels the product, or c is far below or above it.
    const c = i % 3 === 0 ? Math.fround(-a * b * (1 + next() * 2 ** -20)) : Math.fround(random() * 2 ** (i % 60));
    const result = fusedMultiplyAdd(a, b, c);
    expect(result).toBe(exactly(a, b, c) + 0);
    if (result !== Math.fround(Math.fround(a * b) + c)) rounded++;
  }
  expect(rounded).toBeGreaterThan(1000);
});

test.each([
  // The sum lies just beside the middle of two float32: rounding to float64 first would land on it.
  [1 + 2 ** -12, 1 + 2 ** -12, 2 ** -60],
  [1 + 2 ** -12, 1 + 2 ** -12, -(2 ** -60)],
  [-(1 + 2 ** -12), 1 + 2 ** -12, 2 ** -60],
  [1, 1, -(2 ** -70)],
  [2 ** -100, 2 ** -50, 2 ** -149],
  [2 ** -75, 2 ** -75, 2 ** -149],
])('%f · %f + %f', (a, b, c) => {
  expect(fusedMultiplyAdd(a, b, c)).toBe(exactly(a, b, c));
});

test('infinities, NaN and signed zeros', () => {
  expect(fusedMultiplyAdd(Infinity, 1, 1)).toBe(Infinity);
  expect(fusedMultiplyAdd(Infinity, 1, -Infinity)).toBeNaN();
  expect(fusedMultiplyAdd(Infinity, 0, 1)).toBeNaN();
  expect(fusedMultiplyAdd(2 ** 100, 2 ** 100, 0)).toBe(Infinity);
  expect(fusedMultiplyAdd(-0, 1, -0)).toBe(-0);
  expect(fusedMultiplyAdd(-0, 1, 0)).toBe(0);
});
