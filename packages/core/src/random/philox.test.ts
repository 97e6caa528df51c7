import { expect, test } from 'vitest';
import { deterministicLog } from '../elementary.ts';
import { fillNormal } from './normal.ts';
import { multiplyHigh, philox4x32, RandomSequence, shuffle } from './philox.ts';

// Known answers of the Random123 library, file kat_vectors, philox4x32 with 10 rounds.
test.each([
  [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
  [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
])('block of counter %j under key %j', (counter, key, expected) => {
  const out = new Uint32Array(4);
  philox4x32(out, counter[0], counter[1], counter[2], counter[3], key[0], key[1]);
  expect([...out].map((word) => word.toString(16).padStart(8, '0')).join(' ')).toBe(expected);
});

test('the high product agrees with BigInt', () => {
  const sequence = new RandomSequence(1, 1, 9);
  for (let i = 0; i < 2000; i += 2) {
    const a = sequence.word(i);
    const b = sequence.word(i + 1);
    expect(multiplyHigh(a, b)).toBe(Number((BigInt(a) * BigInt(b)) >> 32n));
  }
});

test('a shuffle is a permutation, and seeds above 32 bits differ', () => {
  const order = (seed: number): number[] => {
    const items = Uint32Array.from({ length: 1000 }, (_, i) => i);
    shuffle(items, new RandomSequence(seed, 3, 0));
    return [...items];
  };
  expect(order(5).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  expect(order(5)).toEqual(order(5));
  expect(order(5)).not.toEqual(order(5 + 2 ** 32));
});

test('bounded draws are even', () => {
  const sequence = new RandomSequence(11, 1, 1);
  const counts = Array.from({ length: 7 }, () => 0);
  for (let i = 0; i < 70_000; i++) counts[sequence.below(7, i)]++;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

test('the deterministic logarithm is close to the true one', () => {
  for (const x of [1e-300, 1e-7, 0.1, 0.5, 0.7071, 1, 1.0001, 2, 3, 1e10]) {
    expect(Math.abs(deterministicLog(x) - Math.log(x))).toBeLessThanOrEqual(2e-15 * Math.max(1, Math.abs(Math.log(x))));
  }
});

test('truncated normal numbers have their mean, deviation and bounds, and neighbours are independent', () => {
  const count = 20_000;
  const values = new Float32Array(count);
  fillNormal(values, new RandomSequence(3, 1, 0), 1, 2);
  const mean = (term: (value: number, i: number) => number): number =>
    values.reduce((sum, value, i) => sum + term(value, i), 0) / count;
  expect(values.every((value) => Math.abs(value) <= 2)).toBe(true);
  expect(Math.abs(mean((value) => value))).toBeLessThan(0.02);
  // Deviation of the standard normal truncated to [-2, 2]: sqrt(1 - 4·φ(2)/(2Φ(2) - 1)) = 0.8796.
  const square = mean((value) => value ** 2);
  expect(Math.abs(Math.sqrt(square) - 0.8796)).toBeLessThan(0.01);
  // Neighbours from even and from odd i on, and their squares.
  const neighbour = (i: number): number => values[(i + 1) % count];
  for (const odd of [0, 1]) {
    const of = (product: number, i: number): number => (i % 2 === odd ? 2 * product : 0);
    expect(Math.abs(mean((value, i) => of(value * neighbour(i), i)))).toBeLessThan(0.03);
    expect(Math.abs(mean((value, i) => of((value ** 2 - square) * (neighbour(i) ** 2 - square), i)))).toBeLessThan(
      0.04,
    );
  }
});

test('a truncated normal number depends on its position alone, not on how many there are', () => {
  const fill = (count: number): number[] => {
    const values = new Float32Array(count);
    fillNormal(values, new RandomSequence(3, 1, 0), 0.5, 2);
    return [...values];
  };
  const values = fill(64);
  for (const count of [1, 2, 3, 4, 33]) expect(fill(count)).toEqual(values.slice(0, count));
});
