import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { instantiateKernels } from './instantiate.ts';
import { loadKernels } from './load.ts';
import { createSharedMemory, PAGE_BYTES } from './sharedMemory.ts';
import { GEMM_SCRATCH_BYTES, type KernelTable } from './table.ts';
import { Bench, ODD_SIZES, numbers } from './testing/bench.ts';

interface Product {
  m: number;
  n: number;
  k: number;
  transposedA?: boolean;
  transposedB?: boolean;
  /** Columns of C beyond n. */
  gap?: number;
  /** Older sums to add the product to. */
  folds?: number;
  /** A and B as every second element. */
  spread?: boolean;
  /** Which product, and its options; `gemm` by default. */
  finish?: 'bias' | 'bias and relu' | 'relu' | 'mask' | 'no mask' | undefined;
}

interface Prepared {
  a: number;
  c: number;
  /** Packs B and multiplies `rows` rows from `firstRow` on; all rows by default. */
  call: (kernels: KernelTable, firstRow?: number, rows?: number) => void;
}

const bench = new Bench(16 * 1024 * 1024);

/** Allocates the operands of a product; the call packs B and multiplies. */
function prepare(product: Product): Prepared {
  const { m, n, k, gap = 0, folds = 0, finish } = product;
  const spread = product.spread ? 2 : 1;
  bench.reset(m * 31 + n * 7 + k);
  const a = bench.random(m * k * spread, 1);
  const b = bench.random(k * n * spread, 2);
  const panels = bench.allocate(Math.ceil(n / 16) * (k * 16 + 16), 0);
  const cRow = (n + gap) * 4;
  const sumBytes = m * cRow;
  // Older sums lie below C, and unfinished chains of a long k above it.
  const c = bench.random((m * (folds + 1) * cRow) / 4, 3) + Math.max(0, folds - 1) * sumBytes;
  const bias = bench.random(Math.ceil(n / 16) * 16, 4);
  const mask = bench.random(m * (n + gap), 5);
  const packed = bench.allocate(Math.ceil(n / 16) * (m * 16 + 16), 0);
  const panelStride = k * 64 + 64;
  const packedStride = m * 64 + 64;
  const [aRow, aColumn] = product.transposedA ? [4 * spread, m * 4 * spread] : [k * 4 * spread, 4 * spread];
  const [bRow, bColumn] = product.transposedB ? [4 * spread, k * 4 * spread] : [n * 4 * spread, 4 * spread];
  return {
    a,
    c,
    call(kernels, firstRow = 0, rows = m) {
      kernels.packPanels(panels, panelStride, b, bRow, bColumn, k, n);
      const cRows = c + firstRow * cRow;
      const operands = [a + firstRow * aRow, aRow, aColumn, panels, panelStride, rows, n, k] as const;
      if (finish === undefined) {
        kernels.gemm(cRows, cRow, folds, sumBytes, ...operands, bench.scratch);
      } else if (finish === 'mask' || finish === 'no mask') {
        const maskRows = finish === 'mask' ? mask + firstRow * cRow : 0;
        kernels.gemmMasked(
          ...([cRows, cRow, packed + firstRow * 64, packedStride, maskRows, cRow] as const),
          ...([...operands, bench.scratch] as const),
        );
      } else {
        const biasAddress = finish === 'relu' ? 0 : bias;
        kernels.gemmBias(cRows, cRow, ...operands, biasAddress, finish === 'bias' ? 0 : 1, bench.scratch);
      }
    },
  };
}

const FINISHES = ['bias', 'bias and relu', 'relu', 'mask', 'no mask'] as const;

function differences(products: Product[]): string[] {
  return products.flatMap((product) => {
    const { call } = prepare(product);
    return bench.different((kernels) => call(kernels)).map((tile) => `${tile} ${JSON.stringify(product)}`);
  });
}

describe('products give the bits of the reference, and write nowhere else', () => {
  test('every odd m and n', () => {
    const products = ODD_SIZES.flatMap((m) =>
      ODD_SIZES.map((n, i) => ({ m, n, k: 3 + (i % 5), gap: i % 3, transposedA: i % 2 === 0, transposedB: i % 4 < 2 })),
    );
    expect(differences(products)).toEqual([]);
  });

  test.each([0, 1, 2, 4, 255, 256, 257, 512, 600])('k = %i, all layouts', (k) => {
    const sizes = [
      { m: 7, n: 17 },
      { m: 11, n: 26 },
      { m: 16, n: 8 },
    ];
    const products = sizes.flatMap(({ m, n }) =>
      [0, 1, 2, 3].map((layout) => ({ m, n, k, transposedA: layout % 2 > 0, transposedB: layout > 1, gap: layout })),
    );
    expect(differences(products)).toEqual([]);
  });

  test('folds add the finished product to older sums, one after the other', () => {
    const products = ODD_SIZES.flatMap((m, i) =>
      [1, 2, 3].map((folds) => {
        const n = ODD_SIZES[(i * 5 + folds) % ODD_SIZES.length];
        return { m, n, k: [0, 1, 9, 32, 256, 257, 600][(i + folds) % 7], folds, gap: i % 2, transposedA: i % 3 > 0 };
      }),
    );
    expect(differences(products)).toEqual([]);
  });

  test.each(FINISHES)('%s, every odd m and n', (finish) => {
    const products = ODD_SIZES.flatMap((m, i) =>
      ODD_SIZES.map((n, j) => {
        const k = [0, 1, 3, 9, 17][(i + j) % 5];
        return { m, n, k, finish, gap: j % 3, transposedA: j % 4 === 0, transposedB: j % 2 === 0 };
      }),
    );
    expect(differences(products)).toEqual([]);
  });

  test.each(FINISHES)('%s, more than one block of k and of rows', (finish) => {
    expect(differences([{ m: 11, n: 27, k: 513, finish }])).toEqual([]);
    expect(differences([{ m: 331, n: 19, k: 300, finish }])).toEqual([]);
  });

  test.each([undefined, ...FINISHES])('so many columns that panels are prefetched, %s', (finish) => {
    const large = { m: 13, n: 2049, k: 256, finish };
    expect(differences([large, ...(finish === undefined ? [{ ...large, folds: 2 }] : [])])).toEqual([]);
  });

  test('one row of A for all rows of C', () => {
    const [n, k] = [5, 9];
    bench.reset(1);
    const [a, b] = [bench.random(k, 1), bench.random(k * n, 2)];
    const panels = bench.allocate(k * 16, 0);
    const c = bench.allocate(4 * n);
    const call = (kernels: KernelTable): void => {
      kernels.packPanels(panels, k * 64, b, n * 4, 4, k, n);
      kernels.gemm(c, n * 4, 0, 0, a, 0, 4, panels, k * 64, 4, n, k, bench.scratch);
    };
    expect(bench.different(call)).toEqual([]);
  });

  test('panels at the very end of the memory are not read beyond', () => {
    const memory = createSharedMemory((4 * 1024 * 1024) / PAGE_BYTES);
    const [m, n, k] = [6, 2048, 256];
    const panels = memory.buffer.byteLength - n * k * 4;
    const c = GEMM_SCRATCH_BYTES + m * k * 4;
    const selection = loadKernels();
    for (const tile of ['6x16', '6x8'] as const) {
      const kernels = instantiateKernels({ module: selection.module, tile }, memory);
      new Float32Array(memory.buffer, GEMM_SCRATCH_BYTES).fill(1);
      kernels.gemm(c, n * 4, 0, 0, GEMM_SCRATCH_BYTES, k * 4, 4, panels, k * 64, m, n, k, 0);
      expect(new Set(new Float32Array(memory.buffer, c, m * n))).toEqual(new Set([k]));
    }
  });

  test('strides of neither layout', () => {
    expect(differences([{ m: 9, n: 33, k: 13, spread: true }])).toEqual([]);
    expect(differences([{ m: 9, n: 33, k: 13, spread: true, transposedA: true, transposedB: true }])).toEqual([]);
  });

  test('more rows than one packed block holds', () => {
    expect(differences([{ m: 331, n: 19, k: 300 }])).toEqual([]);
    expect(differences([{ m: 331, n: 19, k: 200, transposedA: true, folds: 2 }])).toEqual([]);
  });
});

test('an empty product writes zeros', () => {
  const { c, call } = prepare({ m: 3, n: 17, k: 0 });
  call(bench.tables[0].kernels);
  expect([...bench.floats(c, 51)]).toEqual(Array.from({ length: 51 }, () => 0));
});

test('an element has the same bits however many rows are computed at once', () => {
  const m = 37;
  for (const { name, kernels } of bench.tables) {
    for (const finish of [undefined, ...FINISHES]) {
      const { c, call } = prepare({ m, n: 45, k: 301, finish });
      call(kernels);
      const whole = bench.floats(c, m * 45).slice();
      for (const rows of [1, 2, 3, 4, 5, 7, 8, 12, 36]) {
        bench.floats(c, m * 45).fill(NaN);
        for (let row = 0; row < m; row += rows) call(kernels, row, Math.min(rows, m - row));
        const same = Buffer.compare(bytes(bench.floats(c, m * 45)), bytes(whole)) === 0;
        expect(same, `${name}, ${finish}, ${rows} rows at once`).toBe(true);
      }
    }
  }
});

test('a NaN in a row of A reaches that row of C and no other', () => {
  for (const { kernels } of bench.tables) {
    const { a, c, call } = prepare({ m: 2, n: 16, k: 4 });
    bench.floats(a, 1)[0] = NaN;
    call(kernels);
    expect([...bench.floats(c, 32)].map(Number.isNaN)).toEqual(Array.from({ length: 32 }, (_, i) => i < 16));
  }
});

test('with relu NaN stays NaN, and what is below 0 becomes 0', () => {
  for (const { kernels } of [...bench.tables, { kernels: bench.reference }]) {
    const { c, a, call } = prepare({ m: 2, n: 16, k: 1, finish: 'relu' });
    bench.floats(a, 2).set([NaN, -1]);
    call(kernels);
    const values = [...bench.floats(c, 32)];
    expect(values.slice(0, 16).every(Number.isNaN)).toBe(true);
    expect(values.slice(16).every((value) => value >= 0)).toBe(true);
    expect(values.slice(16).some((value) => value > 0)).toBe(true);
  }
});

test('a product of 133×517×784 has the same bits on every version of Node', () => {
  const [m, n, k] = [133, 517, 784];
  const large = new Bench(8 * 1024 * 1024);
  for (const { name, kernels } of large.tables) {
    large.reset(1);
    const next = numbers(42);
    const [a, b, c] = [m * k, k * n, m * n].map((elements) => large.allocate(elements));
    const panels = large.allocate(Math.ceil(n / 16) * k * 16, 0);
    for (const x of [large.floats(a, m * k), large.floats(b, k * n)]) for (let i = 0; i < x.length; i++) x[i] = next();
    kernels.packPanels(panels, k * 64, b, n * 4, 4, k, n);
    kernels.gemm(c, n * 4, 0, 0, a, k * 4, 4, panels, k * 64, m, n, k, large.scratch);
    const hash = createHash('sha256')
      .update(bytes(large.floats(c, m * n)))
      .digest('hex');
    // Computed by these kernels on Node 22.23, 24.21 and 26.10, with and without revectorisation.
    expect(hash, name).toBe('a4ba7e7f8f29e086f7f5ac49db6df24b5fdd5815d67d152335781bcd1040a459');
  }
});

function bytes(x: Float32Array): Uint8Array {
  return new Uint8Array(x.buffer, x.byteOffset, x.byteLength).slice();
}
