import { expect, test } from 'vitest';
import { formatBytes, formatCount } from './formatNumbers.ts';

test('groups of three digits, as the language of the program writes them', () => {
  const values = [0, 1, 12, 999, 1000, 1437, 12_345, 999_999, 1_000_000, 123_456_789, Number.MAX_SAFE_INTEGER];
  for (const value of [...values, ...values.map((count) => -count)]) {
    if (Object.is(value, -0)) continue;
    expect(formatCount(value)).toBe(value.toLocaleString('en-US'));
  }
});

test('what is no number stays as it is', () => {
  expect([Number.NaN, Infinity].map(formatCount)).toEqual(['NaN', 'Infinity']);
});

test('sizes are written for people', () => {
  expect([0, 1023, 1536, 2 ** 20, 5.25 * 2 ** 30, 2 ** 42].map(formatBytes)).toEqual([
    ...['0 B', '1023 B', '1.5 KiB', '1.0 MiB', '5.3 GiB', '4.0 TiB'],
  ]);
});
