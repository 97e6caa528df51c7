import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { initialize } from './initialize.ts';
import {
  checkInitializer,
  constant,
  orthogonal,
  randomNormal,
  randomUniform,
  truncatedNormal,
} from './initializers.ts';
import type { Initializer } from './spec.ts';

function valuesOf(initializer: Initializer, shape: readonly number[], seed = 1, index = 0): Float32Array {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  initialize(data, { name: 'kernel', shape, initializer, trainable: true }, seed, index);
  return data;
}

function statistics(values: Float32Array): { mean: number; deviation: number; largest: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance), largest: values.reduce((a, b) => Math.max(a, Math.abs(b)), 0) };
}

const IN = 200;
const OUT = 300;

// Deviations by the definitions: a uniform number in ±l has l/√3. He et al. 2015 truncated at two deviations of the
// normal before it is scaled back to √(2/in): 2/0.87962566 of that is the largest.
test.each([
  { initializer: 'glorotUniform', deviation: Math.sqrt(2 / (IN + OUT)), largest: Math.sqrt(6 / (IN + OUT)) },
  { initializer: 'heUniform', deviation: Math.sqrt(2 / IN), largest: Math.sqrt(6 / IN) },
  { initializer: 'heNormal', deviation: Math.sqrt(2 / IN), largest: (2 / 0.8796256610342398) * Math.sqrt(2 / IN) },
  { initializer: 'lecunUniform', deviation: Math.sqrt(1 / IN), largest: Math.sqrt(3 / IN) },
  { initializer: 'lecunNormal', deviation: Math.sqrt(1 / IN), largest: (2 / 0.8796256610342398) * Math.sqrt(1 / IN) },
  {
    initializer: 'glorotNormal',
    deviation: Math.sqrt(2 / (IN + OUT)),
    largest: (2 / 0.8796256610342398) * Math.sqrt(2 / (IN + OUT)),
  },
  { initializer: randomUniform({ minimum: -0.3, maximum: 0.3 }), deviation: 0.3 / Math.sqrt(3), largest: 0.3 },
  { initializer: truncatedNormal({ deviation: 0.1 }), deviation: 0.1 * 0.8796256610342398, largest: 0.2 },
] as const)('$initializer has its mean, deviation and limit', ({ initializer, deviation, largest }) => {
  const found = statistics(valuesOf(initializer, [IN, OUT]));
  // 60,000 numbers: their mean strays by deviation/245, their deviation by less than a 300th. Four of those.
  expect(Math.abs(found.mean)).toBeLessThan((4 * deviation) / 245);
  expect(Math.abs(found.deviation / deviation - 1)).toBeLessThan(4 / 300);
  // Float32 rounds the limit itself.
  expect(found.largest).toBeLessThanOrEqual(largest * (1 + 1e-7));
  expect(found.largest).toBeGreaterThan(largest * 0.999);
});

test('a uniform interval and a mean need not be around 0', () => {
  const uniform = statistics(valuesOf(randomUniform({ minimum: 1, maximum: 2 }), [IN, OUT]));
  expect(uniform.mean).toBeCloseTo(1.5, 2);
  expect(uniform.deviation).toBeCloseTo(1 / Math.sqrt(12), 2);
  const normal = statistics(valuesOf(randomNormal({ mean: 3, deviation: 0.5 }), [IN, OUT]));
  expect(normal.mean).toBeCloseTo(3, 1);
  expect(normal.deviation).toBeCloseTo(0.5, 2);
  // Of 60,000 normal numbers the largest is beyond three and a half deviations.
  expect(normal.largest).toBeGreaterThan(3 + 3.5 * 0.5);
});

test.each([
  [60, 25],
  [25, 60],
  [30, 30],
  [7, 1],
  [1, 7],
])('an orthogonal kernel [%i, %i] keeps lengths, times its gain', (rows, columns) => {
  const values = valuesOf(orthogonal({ gain: 1.5 }), [rows, columns]);
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const at = (vector: number, i: number): number =>
    rows >= columns ? values[i * columns + vector] : values[vector * columns + i];
  for (let a = 0; a < count; a++) {
    for (let b = 0; b <= a; b++) {
      let product = 0;
      for (let i = 0; i < length; i++) product += at(a, i) * at(b, i);
      expect(product).toBeCloseTo(a === b ? 2.25 : 0, 5);
    }
  }
});

test('ones, constants, and initializers from a file', () => {
  expect([...valuesOf('ones', [3])]).toEqual([1, 1, 1]);
  expect([...valuesOf(constant(0.25), [3])]).toEqual([0.25, 0.25, 0.25]);
  for (const initializer of [
    constant(2),
    randomNormal(),
    randomUniform(),
    truncatedNormal({ mean: 1 }),
    orthogonal(),
  ]) {
    expect(checkInitializer(JSON.parse(JSON.stringify(initializer)), 'dense.kernelInitializer')).toEqual(initializer);
  }
  for (const wrong of ['henormal', { kind: 'heNormal' }, 3, { kind: 'randomNormal', deviation: -1 }, undefined]) {
    expect(() => checkInitializer(wrong, 'dense.kernelInitializer')).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  }
});

test('zeros are zeros, over whatever was there', () => {
  const data = new Float32Array(5).fill(3);
  initialize(data, { name: 'bias', shape: [5], initializer: 'zeros', trainable: true }, 1, 0);
  expect([...data]).toEqual([0, 0, 0, 0, 0]);
});

test('a value depends on seed, parameter and position alone', () => {
  const values = valuesOf('glorotUniform', [8, 8]);
  expect(valuesOf('glorotUniform', [8, 8])).toEqual(values);
  expect(valuesOf('glorotUniform', [8, 8], 2)).not.toEqual(values);
  expect(valuesOf('glorotUniform', [8, 8], 1, 1)).not.toEqual(values);
  expect(valuesOf('glorotUniform', [8, 8], 1 + 2 ** 32)).not.toEqual(values);
  // Only the limit changes with the shape.
  const larger = valuesOf('glorotUniform', [8, 88]);
  const scale = Math.sqrt((8 + 88) / (8 + 8));
  for (const [i, value] of values.entries()) expect(larger[i] * scale).toBeCloseTo(value, 6);
});

test('initial weights of earlier versions come up again', () => {
  // Computed by this program itself when it was written (2026-11): they guard against change, not against error. The same
  // on every platform, as no function of the system's mathematical library is used.
  const hashes = (['glorotUniform', 'heUniform', 'heNormal'] as const).map((initializer) =>
    createHash('sha256')
      .update(valuesOf(initializer, [37, 23], 42, 3))
      .digest('hex')
      .slice(0, 16),
  );
  expect(hashes).toEqual(['75cac5dc03e7c54b', 'c527e92cda4dad53', 'bd7645996cfd9f8b']);
});
