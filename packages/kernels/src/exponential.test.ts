import { expect, test } from 'vitest';
import { type ModuleExports, instantiateModule } from './moduleKernels.ts';
import { loadKernels } from './load.ts';
import { expOf, logOf } from './reference/exponential.ts';
import { createSharedMemory } from './sharedMemory.ts';
import { numbers } from './testing/bench.ts';

const COUNT = 200_003;
const memory = createSharedMemory(64);
const X = 0;
const Y = 2 * 1024 * 1024;

function moduleExports(): ModuleExports {
  const { module } = loadKernels();
  if (!module) throw new Error('These tests need the module.');
  return instantiateModule(module, memory);
}

/** The distance to the next float32. */
function ulp(value: number): number {
  return 2 ** Math.max(Math.floor(Math.log2(value)) - 23, -149);
}

test('exp is within 1 ulp from -87.3 to 88, and both implementations agree', () => {
  const x = new Float32Array(memory.buffer, X, COUNT);
  for (let i = 0; i < COUNT; i++) x[i] = -87.3 + ((87.3 + 88) * i) / (COUNT - 1);
  moduleExports().exponential(Y, X, COUNT);
  const y = new Float32Array(memory.buffer, Y, COUNT);
  let worst = 0;
  let different = 0;
  for (let i = 0; i < COUNT; i++) {
    const exact = Math.exp(x[i]);
    worst = Math.max(worst, Math.abs(y[i] - exact) / ulp(exact));
    if (y[i] !== expOf(x[i])) different++;
  }
  expect(different).toBe(0);
  expect(worst).toBeLessThan(1);
});

test('exp of 0 is 1; far below it is 0; NaN stays', () => {
  const inputs = [0, -0, -87.31, -100, -1e30, -Infinity, NaN];
  const expected = [1, 1, 0, 0, 0, 0, NaN];
  new Float32Array(memory.buffer, X, inputs.length).set(inputs);
  moduleExports().exponential(Y, X, inputs.length);
  expect([...new Float32Array(memory.buffer, Y, inputs.length)]).toEqual(expected);
  expect(inputs.map(expOf)).toEqual(expected);
  // A NaN whose low bits are set must not come out as a number either.
  new Int32Array(memory.buffer, X, 1)[0] = 0x7f800001;
  moduleExports().exponential(Y, X, 1);
  expect(new Float32Array(memory.buffer, Y, 1)[0]).toBeNaN();
});

test('log is within 2 ulp of float64, and both implementations agree', () => {
  const next = numbers(7);
  const count = 20_000;
  const x = new Float64Array(memory.buffer, X, count);
  for (let i = 0; i < count; i++) x[i] = i < count / 2 ? 1 + (i / count) * 4 : 2 ** (next() * 1000);
  x.set([0, 1, Infinity, -1, NaN, 5e-324, 1e-310], 0);
  moduleExports().logarithm(Y, X, count);
  const y = new Float64Array(memory.buffer, Y, count);
  expect([...y.subarray(0, 5)]).toEqual([-Infinity, 0, Infinity, NaN, NaN]);
  let worst = 0;
  for (let i = 5; i < count; i++) {
    expect(y[i]).toBe(logOf(x[i]));
    const exact = Math.log(x[i]);
    worst = Math.max(worst, Math.abs(y[i] - exact) / Math.max(Math.abs(exact), 2 ** -40) / 2 ** -52);
  }
  expect(worst).toBeLessThan(2);
});
