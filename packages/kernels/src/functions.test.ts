import { describe, expect, test } from 'vitest';
import { loadKernels } from './load.ts';
import { instantiateModule } from './moduleKernels.ts';
import { erfOf, expm1Of, fullExpOf, log1pOf, log32Of, sigmoidOf, tanhOf } from './reference/functions.ts';
import { createSharedMemory } from './sharedMemory.ts';
import { complementaryErrorFunction, errorFunction } from './testing/errorFunction.ts';

const MANTISSAS = 2048;
const COUNT = 255 * MANTISSAS;
const X = 0;
const Y = 4 * 1024 * 1024;
const memory = createSharedMemory(128);

interface Case {
  name: string;
  /** Its number in the module's `evaluate`, or the kernel that it is. */
  which: number | 'sigmoid' | 'tanh';
  reference(x: number): number;
  exact(x: number): number;
  /** The most that a result may be away from the exact one, in units in its last place. */
  bound: number;
  /** Inputs and results that must come out exactly. */
  exactly: readonly (readonly [number, number])[];
}

const CASES: readonly Case[] = [
  {
    name: 'exp',
    which: 0,
    reference: fullExpOf,
    exact: Math.exp,
    bound: 1,
    exactly: [
      [0, 1],
      [-0, 1],
      [-Infinity, 0],
      [-104, 0],
      [-1e30, 0],
      [89, Infinity],
      [1e30, Infinity],
      [Infinity, Infinity],
    ],
  },
  {
    name: 'expm1',
    which: 1,
    reference: expm1Of,
    exact: Math.expm1,
    bound: 2,
    exactly: [
      [0, 0],
      [-18, -1],
      [-1e30, -1],
      [-Infinity, -1],
      [89, Infinity],
      [Infinity, Infinity],
    ],
  },
  {
    name: 'sigmoid',
    which: 'sigmoid',
    reference: sigmoidOf,
    exact: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
    bound: 2,
    exactly: [
      [0, 0.5],
      [-0, 0.5],
      [-Infinity, 0],
      [-1e30, 0],
      [20, 1],
      [1e30, 1],
      [Infinity, 1],
    ],
  },
  {
    name: 'tanh',
    which: 'tanh',
    reference: tanhOf,
    exact: Math.tanh,
    bound: 2,
    exactly: [
      [0, 0],
      [-0, -0],
      [10, 1],
      [-10, -1],
      [Infinity, 1],
      [-Infinity, -1],
      [-(2 ** -149), -(2 ** -149)],
    ],
  },
  {
    name: 'log',
    which: 2,
    reference: log32Of,
    exact: Math.log,
    bound: 1,
    exactly: [
      [1, 0],
      [0, -Infinity],
      [-0, -Infinity],
      [-1, NaN],
      [-Infinity, NaN],
      [Infinity, Infinity],
    ],
  },
  {
    name: 'log1p',
    which: 3,
    reference: log1pOf,
    exact: Math.log1p,
    bound: 2,
    exactly: [
      [0, 0],
      [-1, -Infinity],
      [-2, NaN],
      [-Infinity, NaN],
      [Infinity, Infinity],
      [2 ** -149, 2 ** -149],
    ],
  },
  {
    name: 'erf',
    which: 4,
    reference: erfOf,
    exact: errorFunction,
    bound: 2,
    exactly: [
      [0, 0],
      [-0, -0],
      [4, 1],
      [-4, -1],
      [1e30, 1],
      [Infinity, 1],
      [-Infinity, -1],
    ],
  },
];

/** The distance of float32 around `value`. */
function ulp(value: number): number {
  return 2 ** Math.max(Math.floor(Math.log2(Math.abs(value))) - 23, -149);
}

const { module } = loadKernels();
if (!module) throw new Error('These tests need the module.');
const exports = instantiateModule(module, memory);

/** Results of the module for the inputs that were put at X. */
function results(which: Case['which'], count: number): Float32Array {
  if (typeof which === 'string') exports[which](Y, X, count);
  else exports.evaluate(which, Y, X, count);
  return new Float32Array(memory.buffer, Y, count);
}

describe.each(CASES)('$name', ({ which, reference, exact, bound, exactly }) => {
  test.each([1, -1])('is close over all exponents, sign %i', (sign) => {
    const x = new Float32Array(memory.buffer, X, COUNT);
    const bits = new Int32Array(memory.buffer, X, COUNT);
    // Ascending, with as many mantissas as there is room, shifted a little from one exponent to the next.
    for (let i = 0; i < COUNT; i++) bits[i] = i * (2 ** 23 / MANTISSAS) + (i >> 11) * 13;
    for (let i = 0; i < COUNT; i++) x[i] *= sign;
    const y = results(which, COUNT);
    let worst = 0;
    let different = 0;
    for (let i = 0; i < COUNT; i++) {
      if (!Object.is(y[i], reference(x[i]))) different++;
      const value = exact(x[i]);
      // Also where the exact result has no place in float32, or is NaN.
      if (Object.is(Math.fround(value), y[i])) continue;
      worst = Math.max(worst, Math.abs(y[i] - value) / ulp(value));
    }
    expect(different, 'bits unlike those of the reference').toBe(0);
    expect(worst).toBeLessThanOrEqual(bound);
  });

  test('is exact at its ends, and keeps NaN', () => {
    const inputs = [...exactly.map(([x]) => x), NaN];
    const expected = [...exactly.map(([, value]) => value), NaN];
    new Float32Array(memory.buffer, X, inputs.length).set(inputs);
    expect([...results(which, inputs.length)]).toEqual(expected);
    expect(inputs.map(reference)).toEqual(expected);
    // NaN of either sign, and with its low bits set.
    new Int32Array(memory.buffer, X, 3).set([0x7f800001, -1, -0x3fffff]);
    expect([...results(which, 3)]).toEqual([NaN, NaN, NaN]);
  });
});

test.each(['tanh', 4] as const)('function %s is odd, bounded by 1, and does not fall', (which) => {
  const x = new Float32Array(memory.buffer, X, COUNT);
  for (let i = 0; i < COUNT; i++) x[i] = (i * 5) / COUNT;
  const right = results(which, COUNT).slice();
  expect(right.every((value, i) => value <= 1 && (i === 0 || value >= right[i - 1]))).toBe(true);
  for (let i = 0; i < COUNT; i++) x[i] = -x[i];
  expect(results(which, COUNT).every((value, i) => value === -right[i])).toBe(true);
});

test('erf in float64 has the published values (Abramowitz & Stegun, table 7.1)', () => {
  const published = [
    [0.02, 0.0225645747],
    [0.5, 0.5204998778],
    [1, 0.8427007929],
    [1.5, 0.9661051465],
    [2, 0.995322265],
  ];
  for (const [x, value] of published) expect(errorFunction(x)).toBeCloseTo(value, 9);
  // Where the series and the continued fraction meet, they agree; erfc(3) = 2.209049699858544e-5.
  for (const x of [2, 2.25, 2.5]) expect(complementaryErrorFunction(x) + errorFunction(x)).toBeCloseTo(1, 14);
  expect(complementaryErrorFunction(3) / 2.209049699858544e-5).toBeCloseTo(1, 12);
});
