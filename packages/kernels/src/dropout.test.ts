import { describe, expect, test } from 'vitest';
import { floatBits } from './floatBits.ts';
import { philox4x32 } from './reference/dropout.ts';
import { DROPOUT_KEY, type KernelTable } from './table.ts';
import { Bench, ODD_SIZES } from './testing/bench.ts';
import { type Matrix, randomMatrix, rowsOf, setRows } from './testing/matrix.ts';

const bench = new Bench();
const tables = [...bench.tables, { name: 'reference', kernels: bench.reference }];

/** What distinguishes the numbers of one call from those of others. */
interface Draw {
  readonly seed: number;
  readonly layer: number;
  readonly step: number;
}
const DRAW: Draw = { seed: 2 ** 52 + 12345, layer: 3, step: 2 ** 40 + 678 };

function keyOf({ seed, layer, step }: Draw): number {
  const key = bench.allocate(DROPOUT_KEY.count);
  const words = bench.integers(key, DROPOUT_KEY.count);
  words[DROPOUT_KEY.seedLow] = (seed % 2 ** 32) | 0;
  words[DROPOUT_KEY.seedHigh] = Math.floor(seed / 2 ** 32);
  words[DROPOUT_KEY.layer] = layer;
  words[DROPOUT_KEY.reserved] = 0;
  words[DROPOUT_KEY.stepLow] = (step % 2 ** 32) | 0;
  words[DROPOUT_KEY.stepHigh] = Math.floor(step / 2 ** 32);
  return key;
}

function call(kernels: KernelTable, y: Matrix, x: Matrix, rate: number, key: number, firstRow = 0): void {
  kernels.dropout(y.address, y.stride, x.address, x.stride, x.rows, x.columns, firstRow, key, floatBits(rate));
}

describe('dropout has the bits of the reference', () => {
  test.each([0, 4, 9, 12, 13, 20, 48, ...ODD_SIZES])('%i columns', (columns) => {
    for (const rate of [0, 1e-12, 0.1, 0.5, 0.9, 1 - 2 ** -24]) {
      bench.reset(columns);
      const [y, x] = [1, 2].map((seed) => randomMatrix(bench, 3, columns, seed, 1, seed));
      const key = keyOf({ ...DRAW, seed: 2 ** 53 - 1, layer: 2047 });
      expect(bench.different((kernels) => call(kernels, y, x, rate, key, 1000))).toEqual([]);
    }
  });
});

/** Philox4x32-10 in whole numbers of any size, from the paper. */
function philox(counter: bigint, key: bigint): bigint[] {
  const word = (value: bigint, at: number): bigint => (value >> BigInt(32 * at)) & 0xffffffffn;
  let c = [0, 1, 2, 3].map((at) => word(counter, at));
  let [k0, k1] = [word(key, 0), word(key, 1)];
  for (let round = 0; round < 10; round++) {
    const [p0, p1] = [c[0] * 0xd2511f53n, c[2] * 0xcd9e8d57n];
    c = [word(p1, 1) ^ c[1] ^ k0, word(p1, 0), word(p0, 1) ^ c[3] ^ k1, word(p0, 0)];
    [k0, k1] = [(k0 + 0x9e3779b9n) & 0xffffffffn, (k1 + 0xbb67ae85n) & 0xffffffffn];
  }
  return c;
}

test('Philox gives the known answers of Random123', () => {
  // kat_vectors of the paper's authors' library, philox4x32 10.
  const unsigned = (words: readonly number[]): number[] => words.map((word) => word >>> 0);
  expect(unsigned(philox4x32([0, 0, 0, 0], [0, 0]))).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  expect(unsigned(philox4x32([-1, -1, -1, -1], [-1, -1]))).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  expect(unsigned(philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]))).toEqual([
    0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
  ]);
});

describe.each(tables)('$name', ({ kernels }) => {
  test.each([DRAW, { seed: 0, layer: 0, step: 0 }, { seed: 2 ** 53 - 1, layer: 2047, step: 2 ** 53 - 1 }])(
    'drops where the number is below the rate: %o',
    (draw) => {
      bench.reset(1);
      const [rows, columns, firstRow, rate] = [3, 37, 2 ** 20, 0.25];
      const [y, x] = [1, 2].map((seed) => randomMatrix(bench, rows, columns, seed));
      setRows(
        bench,
        x,
        Array.from({ length: rows }, () => Array.from({ length: columns }, () => 3)),
      );
      call(kernels, y, x, rate, keyOf(draw), firstRow);
      const expected = Array.from({ length: rows }, (_, r) =>
        Array.from({ length: columns }, (__, j) => {
          const block = BigInt(4 * Math.floor(j / 16) + (j % 4));
          const row = BigInt(firstRow + r);
          const step = BigInt(draw.step);
          const purpose = (4n << 24n) + (step >> 32n);
          const counter = block + (row << 32n) + (purpose << 64n) + ((step & 0xffffffffn) << 96n);
          const numbersOfBlock = philox(counter, BigInt(draw.seed) + (BigInt(draw.layer) << 53n));
          return numbersOfBlock[Math.floor(j / 4) % 4] < BigInt(rate * 2 ** 32) ? 0 : 4;
        }),
      );
      expect(rowsOf(bench, y)).toEqual(expected);
    },
  );

  test('the share of what is dropped, and the mean of what is left', () => {
    bench.reset(1);
    const [rows, columns] = [64, 250];
    for (const rate of [0.1, 0.5, 0.8]) {
      const x = randomMatrix(bench, rows, columns, 1, 1, 0);
      bench.floats(x.address, rows * columns).fill(1);
      const key = keyOf(DRAW);
      call(kernels, x, x, rate, key);
      const values = bench.floats(x.address, rows * columns);
      const dropped = values.filter((value) => value === 0).length / values.length;
      // Five standard deviations of 16,000 draws.
      expect(Math.abs(dropped - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / values.length));
      expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / (1 - Math.fround(rate)))]));
      bench.reset(1);
    }
  });

  test('nothing is dropped at rate 0', () => {
    bench.reset(1);
    const [y, x] = [1, 2].map((seed) => randomMatrix(bench, 4, 21, seed));
    call(kernels, y, x, 0, keyOf(DRAW));
    expect(rowsOf(bench, y)).toEqual(rowsOf(bench, x));
  });

  test('rows have the same masks however they are cut', () => {
    bench.reset(1);
    const [rows, columns] = [9, 21];
    const [y, x] = [1, 2].map((seed) => randomMatrix(bench, rows, columns, seed));
    const key = keyOf(DRAW);
    call(kernels, y, x, 0.5, key, 100);
    const whole = rowsOf(bench, y);
    for (let row = 0; row < rows; row++) {
      const one = (matrix: Matrix): Matrix => ({ ...matrix, address: matrix.address + row * matrix.stride, rows: 1 });
      call(kernels, one(y), one(x), 0.5, key, 100 + row);
    }
    expect(rowsOf(bench, y)).toEqual(whole);
  });

  test('another seed, step, layer, row or column has another mask', () => {
    bench.reset(1);
    const columns = 64;
    const [y, x] = [1, 2].map((seed) => randomMatrix(bench, 1, columns, seed));
    bench.floats(x.address, columns).fill(1);
    const draws: [Draw, number][] = [
      [DRAW, 0],
      [DRAW, 1],
      [{ ...DRAW, seed: DRAW.seed + 1 }, 0],
      [{ ...DRAW, seed: DRAW.seed - 2 ** 40 }, 0],
      [{ ...DRAW, layer: DRAW.layer + 1 }, 0],
      [{ ...DRAW, step: DRAW.step + 1 }, 0],
      [{ ...DRAW, step: DRAW.step + 2 ** 32 }, 0],
    ];
    const masks = draws.map(([draw, row]) => {
      call(kernels, y, x, 0.5, keyOf(draw), row);
      return rowsOf(bench, y)[0].join('');
    });
    expect(new Set(masks).size).toBe(draws.length);
    const quarters = Array.from({ length: 4 }, (_, i) =>
      rowsOf(bench, y)[0]
        .slice(i * 16, i * 16 + 16)
        .join(''),
    );
    expect(new Set(quarters).size).toBe(4);
  });
});
