import { describe, expect, test } from 'vitest';
import { createSharedMemory } from './sharedMemory.ts';
import { instantiateKernels } from './instantiate.ts';
import { loadKernels } from './load.ts';
import type { KernelTable } from './table.ts';
import { Bench, numbers } from './testing/bench.ts';

const bench = new Bench();
const NAMES = [
  ...(['gatherUint8', 'gatherInt8', 'gatherUint16', 'gatherInt16', 'gatherUint32', 'gatherInt32'] as const),
  ...(['gatherUint64', 'gatherInt64', 'gatherFloat16', 'gatherFloat32', 'gatherFloat64'] as const),
];
type GatherName = (typeof NAMES)[number];
const bytesOf = (name: GatherName): number => Number(/\d+/.exec(name)![0]) / 8;
/** Around those of vectors, and one whose rows are copied as memory. */
const WIDTHS = [0, 1, 2, 3, 4, 7, 9, 14, 200];

/** One call, all of whose operands are random: rows of a source that lie apart by `gap` numbers, with many NaN among floats. */
interface Call {
  readonly out: number;
  readonly outStride: number;
  readonly operands: readonly [number, number, number, number, number, number, number];
}

function randomCall(name: GatherName, width: number, count: number, gap: number): Call {
  const next = numbers(width * 8 + count);
  const bytes = bytesOf(name);
  const sourceRows = 9;
  const sourceStride = (width + gap) * bytes;
  // Every kind but bytes has to be aligned to itself alone.
  const source = bench.allocate((sourceRows * sourceStride) / 4 + 8, bytes);
  for (const word of [0, 1, 2, 3].map((k) => source + k)) {
    const memory = new Uint8Array(bench.memory.buffer, word, sourceRows * sourceStride + 4);
    for (let i = 0; i < memory.length; i += 4) memory[i] = Math.floor((next() + 1) * 128);
  }
  const rows = bench.allocate(count);
  const numbersOfRows = new Uint32Array(bench.memory.buffer, rows, count);
  for (let i = 0; i < count; i++) numbersOfRows[i] = Math.floor((next() + 1) * 4.5) + (i % 16) * 2 ** 28;
  // Some follow one another.
  if (count > 2) numbersOfRows[2] = (numbersOfRows[1] & 0xf) + 1;
  const [subtract, factor] = [8, 16].map((padding) => bench.allocate(width * 2 + 8, padding));
  for (const address of [subtract, factor]) {
    const terms = bench.doubles(address, width + 4);
    for (let i = 0; i < terms.length; i++) terms[i] = next() * 2 ** Math.round(next() * 8);
  }
  const outStride = (width + gap) * 4;
  const out = bench.allocate(count * (width + gap));
  return { out, outStride, operands: [source, sourceStride, rows, count, width, subtract, factor] };
}

/** The call, after which every NaN has the same bits: which they have is not promised. */
function gather(name: GatherName, { out, outStride, operands }: Call, perItem: number) {
  return (kernels: KernelTable): void => {
    kernels[name](out, outStride, ...operands, perItem);
    const [, , , count, width] = operands;
    for (let row = 0; row < count; row++) {
      const line = bench.floats(out + row * outStride, width);
      for (let i = 0; i < width; i++) if (Number.isNaN(line[i])) line[i] = NaN;
    }
  };
}

describe('the bits of the reference, and nothing written between', () => {
  test.each(NAMES)('%s', (name) => {
    for (const width of WIDTHS) {
      bench.reset(width);
      for (const [count, gap] of [
        [0, 1],
        [1, 0],
        [6, 0],
        [7, 3],
      ]) {
        const call = randomCall(name, width, count, gap);
        const place = `width ${width}, ${count} rows, gap ${gap}`;
        for (const perItem of [0, 1]) expect(bench.different(gather(name, call, perItem)), place).toEqual([]);
        const [subtract, factor] = call.operands.slice(5);
        bench.doubles(subtract, 1)[0] = 0;
        bench.doubles(factor, 1)[0] = 1;
        expect(bench.different(gather(name, call, 0)), place).toEqual([]);
      }
    }
  });
});

/** What `Number` makes of values of each kind, rounded once; the reference is held to it too. */
const VALUES: Readonly<
  Record<GatherName, { readonly Numbers: ArrayOf; readonly values: readonly (number | bigint)[] }>
> = {
  gatherUint8: { Numbers: Uint8Array, values: [0, 1, 127, 128, 255] },
  gatherInt8: { Numbers: Int8Array, values: [0, 1, 127, -128, -1] },
  gatherUint16: { Numbers: Uint16Array, values: [0, 1, 32767, 32768, 65535] },
  gatherInt16: { Numbers: Int16Array, values: [0, 1, 32767, -32768, -1] },
  gatherUint32: { Numbers: Uint32Array, values: [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1] },
  gatherInt32: { Numbers: Int32Array, values: [0, 1, 2 ** 31 - 1, -(2 ** 31), -1] },
  gatherUint64: {
    Numbers: BigUint64Array,
    values: [0n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n - 1025n, 2n ** 54n + 2n, 2n ** 54n + 6n],
  },
  gatherInt64: {
    Numbers: BigInt64Array,
    values: [0n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, -(2n ** 63n), 2n ** 63n - 1n, -1n, -(2n ** 32n), 2n ** 31n],
  },
  // Bits: 1, -2, the largest and the smallest, the largest subnormal, -0, infinities, NaN.
  gatherFloat16: { Numbers: Uint16Array, values: [0x3c00, 0xc000, 0x7bff, 1, 0x3ff, 0x8000, 0x7c00, 0xfc00, 0x7e01] },
  gatherFloat32: {
    Numbers: Float32Array,
    values: [1.5, -0, 2 ** -149, 3.4028234663852886e38, Infinity, -Infinity, NaN, 16777217],
  },
  gatherFloat64: {
    Numbers: Float64Array,
    values: [0.1, -0, 5e-324, 1e300, -1e300, 2 ** -150, Infinity, NaN, 1 + 2 ** -24],
  },
};
interface ArrayOf {
  new (buffer: ArrayBufferLike, offset: number, length: number): { [index: number]: number | bigint };
}
const HALVES = [1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, -0, Infinity, -Infinity, NaN];

describe.each([...bench.tables, { name: 'reference', kernels: bench.reference }])('$name', ({ kernels }) => {
  test.each(NAMES)('%s of limits and special values', (name) => {
    const { Numbers, values } = VALUES[name];
    bench.reset(1);
    const source = bench.allocate(values.length * 2 + 8, 0);
    const stored = new Numbers(bench.memory.buffer, source, values.length);
    values.forEach((value, i) => (stored[i] = value));
    const read = name === 'gatherFloat16' ? HALVES : values.map((_, i) => Number(stored[i]));
    const rows = bench.word(0);
    const [subtract, factor] = [0, 8].map((padding) => bench.allocate(2, padding));
    const out = bench.allocate(values.length);
    for (const [s, f] of [
      [0, 1],
      [0, 1 / 255],
      [0.1, 3],
    ]) {
      bench.doubles(subtract, 1)[0] = s;
      bench.doubles(factor, 1)[0] = f;
      kernels[name](out, 0, source, 0, rows, 1, values.length, subtract, factor, 0);
      expect([...bench.floats(out, values.length)]).toEqual(read.map((value) => Math.fround((value - s) * f)));
    }
  });
});

test('all float16 have their values', () => {
  const count = 65_536;
  bench.reset(1);
  const [source, out] = [bench.allocate(count / 2 + 8, 0), bench.allocate(count)];
  const bits = new Uint16Array(bench.memory.buffer, source, count);
  for (let i = 0; i < count; i++) bits[i] = i;
  const [rows, subtract, factor] = [bench.word(0), bench.allocate(2, 0), bench.allocate(2, 0)];
  bench.doubles(subtract, 1)[0] = 0;
  bench.doubles(factor, 1)[0] = 1;
  const call: Call = { out, outStride: 0, operands: [source, 0, rows, 1, count, subtract, factor] };
  expect(bench.different(gather('gatherFloat16', call, 0))).toEqual([]);
});

test('no kernel reads more than 28 bytes behind its inputs, nor anything behind its outputs', () => {
  const memory = createSharedMemory(1);
  const end = memory.buffer.byteLength;
  const kernels = instantiateKernels({ module: loadKernels().module, tile: '6x16' }, memory);
  for (const name of NAMES) {
    for (let width = 1; width <= 20; width++) {
      const bytes = bytesOf(name);
      const source = Math.floor((end - 28) / bytes) * bytes - width * bytes;
      const terms = Math.floor((end - 28 - width * 8) / 8) * 8;
      kernels[name](end - width * 4, 0, source, 0, 0, 1, width, terms, terms, 1);
      kernels[name](end - width * 4, 0, source, 0, 0, 1, width, 0, 0, 0);
    }
  }
  // Had one of them read or written beyond the memory, it would have trapped.
  expect(memory.buffer.byteLength).toBe(end);
});
