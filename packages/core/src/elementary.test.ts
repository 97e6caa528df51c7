import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  deterministicCos,
  deterministicExp,
  deterministicExpm1,
  deterministicLog,
  deterministicPow,
  deterministicSigmoid,
  deterministicTanh,
} from './elementary.ts';

/** Within a few units in the last place of what the platform's own function gives, which has an error of its own. */
function near(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(
    2e-15 * Math.max(Math.abs(expected), Number.MIN_VALUE * 1e16),
  );
}

test('exp, over its whole range', () => {
  fc.assert(
    fc.property(fc.double({ min: -700, max: 709, noNaN: true }), (x) => near(deterministicExp(x), Math.exp(x))),
  );
  expect([deterministicExp(0), deterministicExp(1000), deterministicExp(-1000)]).toEqual([1, Infinity, 0]);
  expect([deterministicExp(Infinity), deterministicExp(-Infinity), deterministicExp(NaN)]).toEqual([Infinity, 0, NaN]);
  // The largest and the smallest that are none of these.
  near(deterministicExp(709.78), Math.exp(709.78));
  expect(deterministicExp(-745)).toBe(Math.exp(-745));
});

test.each([
  ['expm1', deterministicExpm1, Math.expm1],
  ['tanh', deterministicTanh, Math.tanh],
  ['sigmoid', deterministicSigmoid, (x: number) => (x < -40 ? Math.exp(x) : 1 / (1 + Math.exp(-x)))],
] as const)('%s, near 0 and far from it', (_name, actual, expected) => {
  fc.assert(
    fc.property(
      fc.oneof(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: -700, max: 700, noNaN: true })),
      (x) => {
        expect(Math.abs(actual(x) - expected(x))).toBeLessThanOrEqual(3e-15 * Math.abs(expected(x)));
      },
    ),
  );
  expect(actual(NaN)).toBeNaN();
});

test('the ends of expm1, tanh, sigmoid and log', () => {
  const ends = [-Infinity, 0, Infinity];
  expect(ends.map(deterministicExpm1)).toEqual([-1, 0, Infinity]);
  expect(ends.map(deterministicTanh)).toEqual([-1, 0, 1]);
  expect(ends.map(deterministicSigmoid)).toEqual([0, 0.5, 1]);
  expect(ends.map(deterministicLog)).toEqual([NaN, -Infinity, Infinity]);
  expect([deterministicLog(-1), deterministicLog(NaN)]).toEqual([NaN, NaN]);
});

test('log of positive numbers', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
      expect(Math.abs(deterministicLog(x) - Math.log(x))).toBeLessThanOrEqual(
        2e-15 * Math.max(1, Math.abs(Math.log(x))),
      );
    }),
  );
  expect(deterministicLog(1)).toBe(0);
});

test('cos from 0 to π, in absolute error', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: Math.PI, noNaN: true }), (x) => {
      expect(Math.abs(deterministicCos(x) - Math.cos(x))).toBeLessThan(1e-15);
    }),
  );
  expect([deterministicCos(0), deterministicCos(Math.PI)]).toEqual([1, -1]);
});

test('powers', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      fc.double({ min: -9, max: 9, noNaN: true }),
      (base, exponent) => {
        const expected = base ** exponent;
        expect(Math.abs(deterministicPow(base, exponent) / expected - 1)).toBeLessThan(1e-13);
      },
    ),
  );
  expect([deterministicPow(0.1, 1), deterministicPow(3, 2), deterministicPow(0, 0.5), deterministicPow(7, 0)]).toEqual([
    0.1, 9, 0, 1,
  ]);
});
