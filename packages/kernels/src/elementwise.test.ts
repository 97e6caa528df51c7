import { describe, expect, test } from 'vitest';
import { floatBits } from './floatBits.ts';
import type { KernelTable } from './table.ts';
import { Bench, ODD_SIZES } from './testing/bench.ts';

const bench = new Bench();

/** Sizes at which a kernel leaves other bytes than the reference. */
function differences(sizes: readonly number[], prepare: (n: number) => (kernels: KernelTable) => void): string[] {
  return sizes.flatMap((n) => {
    bench.reset(n);
    return bench.different(prepare(n)).map((name) => `${name} ${n}`);
  });
}

const SIZES = [0, 4, 8, 12, ...ODD_SIZES];

describe('elementwise kernels give the bits of the reference', () => {
  test('reluGradient', () => {
    const prepare = (n: number) => {
      const [y, dy, dx] = [1, 2, 3].map((seed) => bench.random(n, seed));
      return (kernels: KernelTable) => {
        kernels.reluGradient(dx, dy, y, n);
        kernels.reluGradient(dy, dy, y, n);
      };
    };
    expect(differences(SIZES, prepare)).toEqual([]);
  });

  test.each([0, 1, 3])('columnSum, added to %i older sums', (folds) => {
    for (const rows of [0, 1, 7, 33]) {
      const prepare = (n: number) => {
        const sums = bench.random(n * 3, 1);
        const panels = bench.random(rows * 16 * Math.ceil(n / 16), 2);
        return (kernels: KernelTable) => kernels.columnSum(sums + n * 8, panels, rows * 64, rows, n, folds, n * 4);
      };
      expect(differences(SIZES, prepare)).toEqual([]);
    }
  });

  test.each([0, 4, 8, 12])('sumOfSquares, x %i bytes from a boundary of vectors', (padding) => {
    const prepare = (n: number) => {
      const out = bench.allocate(2, padding % 16 === 0 ? 0 : 8);
      const x = bench.allocate(n, padding);
      bench.floats(x, n).set(bench.floats(bench.random(n, 1, 1000), n));
      return (kernels: KernelTable) => kernels.sumOfSquares(out, x, n);
    };
    expect(differences(SIZES, prepare)).toEqual([]);
  });

  test.each([
    [0.3, 0],
    [0, 0.01],
    [0.2, 0.7],
  ])('regularize, l1 %d, l2 %d', (l1, l2) => {
    const prepare = (n: number) => {
      const [gradient, weights] = [1, 2].map((seed) => bench.random(n, seed));
      const [penalty, weight] = [bench.allocate(2, 0), bench.random(1, 3)];
      return (kernels: KernelTable) =>
        kernels.regularize(penalty, gradient, weights, weight, n, floatBits(l1), floatBits(l2));
    };
    expect(differences(SIZES, prepare)).toEqual([]);
  });

  test.each([0, 1])('accumulate, keep %i', (keep) => {
    const prepare = (n: number) => {
      const [target, source] = [1, 2].map((seed) => bench.random(n, seed));
      const progress = bench.word(0);
      return (kernels: KernelTable) => kernels.accumulate(target, source, keep, progress, n);
    };
    expect(differences(SIZES, prepare)).toEqual([]);
  });
});

describe.each([...bench.tables, { name: 'reference', kernels: bench.reference }])('$name', ({ kernels }) => {
  test('reluGradient is zero where the result is not positive, NaN included', () => {
    bench.reset(1);
    const y = bench.allocate(5);
    const dy = bench.allocate(5);
    bench.floats(y, 5).set([NaN, 0, 1e-40, 1, 0]);
    bench.floats(dy, 5).set([1, 2, 3, NaN, NaN]);
    kernels.reluGradient(dy, dy, y, 5);
    expect([...bench.floats(dy, 5)]).toEqual([0, 0, 3, NaN, 0]);
  });

  test('accumulate adds in float32, or replaces whatever was there', () => {
    bench.reset(1);
    const [target, source] = [bench.allocate(5), bench.allocate(5)];
    bench.floats(target, 5).set([1, NaN, -0, 2 ** 24, 5]);
    bench.floats(source, 5).set([2, 3, -0, 1, -5]);
    kernels.accumulate(target, source, 1, bench.word(0), 5);
    expect([...bench.floats(target, 5)]).toEqual([3, NaN, -0, 2 ** 24, 0]);
    kernels.accumulate(target, source, 0, bench.word(0), 5);
    expect([...bench.floats(target, 5)]).toEqual([2, 3, -0, 1, -5]);
  });

  test('regularize adds the slope of sizes and squares, none at 0, and sets their sum; NaN is seen', () => {
    bench.reset(1);
    const [penalty, weight] = [bench.allocate(2, 0), bench.allocate(1)];
    const [gradient, weights] = [bench.allocate(6), bench.allocate(6)];
    bench.floats(weight, 1)[0] = 8;
    bench.floats(weights, 6).set([2, -1, 0, -0, 0.5, -4]);
    bench.floats(gradient, 6).set([1, 1, 1, 1, 1, 1]);
    kernels.regularize(penalty, gradient, weights, weight, 6, floatBits(0.5), floatBits(0.25));
    // 1 + 8 · (0.5 · sign + 0.5 · w)
    expect([...bench.floats(gradient, 6)]).toEqual([13, -7, 1, 1, 7, -19]);
    expect(bench.doubles(penalty, 1)[0]).toBe(0.5 * 7.5 + 0.25 * 21.25);
    bench.floats(weights, 6)[4] = NaN;
    kernels.regularize(penalty, gradient, weights, weight, 6, floatBits(0.5), 0);
    expect([...bench.floats(gradient, 6)].map(Number.isNaN)).toEqual([false, false, false, false, true, false]);
    expect(bench.doubles(penalty, 1)[0]).toBeNaN();
  });

  test('sumOfSquares does not overflow where float32 would', () => {
    bench.reset(1);
    const out = bench.allocate(2, 0);
    const x = bench.allocate(6);
    bench.floats(x, 6).fill(2 ** 100);
    kernels.sumOfSquares(out, x, 6);
    expect(bench.doubles(out, 1)[0]).toBe(6 * 2 ** 200);
  });
});
