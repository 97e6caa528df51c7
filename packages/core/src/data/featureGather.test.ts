import { createReferenceKernels, createSharedMemory } from '@lockstep/kernels';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FeatureRun, NumberKind } from './dataset.ts';
import { FeatureGather } from './featureGather.ts';
import { NUMBER_BYTES } from './gatherNumbers.ts';
import { viewsOf } from './numberViews.ts';

const KERNELS = {
  ...({ uint8: 'gatherUint8', int8: 'gatherInt8', uint16: 'gatherUint16', int16: 'gatherInt16' } as const),
  ...({ uint32: 'gatherUint32', int32: 'gatherInt32', uint64: 'gatherUint64', int64: 'gatherInt64' } as const),
  ...({ float16: 'gatherFloat16', float32: 'gatherFloat32', float64: 'gatherFloat64' } as const),
};
const KINDS = Object.keys(KERNELS) as NumberKind[];
const memory = createSharedMemory(4);
const reference = createReferenceKernels(memory);
/** Addresses in it: terms, factors, rows, the features that the kernels leave; then runs. */
const [TERMS, FACTORS, ROWS, OUT, RUNS] = [0, 1024, 2048, 4096, 32_768];
const WINDOW_ROWS = 20;

const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
const runs = fc.array(
  fc.integer({ min: 1, max: 6 }).chain((width) => {
    const term = (plain: number): fc.Arbitrary<number | number[]> =>
      fc.oneof(fc.constant(plain), finite, fc.array(finite, { minLength: width, maxLength: width }));
    return fc.record({
      kind: fc.constantFrom(...KINDS),
      width: fc.constant(width),
      subtract: term(0),
      factor: term(1),
    });
  }),
  { minLength: 1, maxLength: 4 },
);
const rows = fc.oneof(
  fc.array(fc.integer({ min: 0, max: WINDOW_ROWS - 1 }), { maxLength: 30 }),
  fc.integer({ min: 0, max: WINDOW_ROWS }).map((count) => Array.from({ length: count }, (_, i) => i)),
);

/** What the kernels' reference makes of the same rows, run by run. */
function gatherByKernels(
  window: readonly FeatureRun[],
  starts: readonly number[],
  picked: readonly number[],
): Float32Array {
  const width = window.reduce((sum, run) => sum + run.width, 0);
  new Uint32Array(memory.buffer, ROWS, picked.length).set(picked);
  let offset = 0;
  window.forEach((run, i) => {
    for (const [address, term] of [
      [TERMS, run.subtract],
      [FACTORS, run.factor],
    ] as const) {
      const terms = typeof term === 'number' ? Array.from({ length: run.width }, () => term) : term;
      new Float64Array(memory.buffer, address, run.width).set(terms);
    }
    const stride = NUMBER_BYTES[run.kind] * run.width;
    const source = [starts[i], stride, ROWS, picked.length, run.width] as const;
    reference[KERNELS[run.kind]](OUT + offset * 4, width * 4, ...source, TERMS, FACTORS, 1);
    offset += run.width;
  });
  return new Float32Array(memory.buffer, OUT, picked.length * width);
}

test('leaves what the kernels leave, and touches nothing else', () => {
  const property = fc.property(runs, rows, fc.integer(), (window, picked, seed) => {
    let end = RUNS;
    const starts = window.map(({ kind, width }) => {
      const start = Math.ceil(end / 64) * 64;
      end = start + WINDOW_ROWS * width * NUMBER_BYTES[kind];
      return start;
    });
    const words = new Uint32Array(memory.buffer, RUNS, Math.ceil((end - RUNS) / 4));
    let state = seed;
    for (let i = 0; i < words.length; i++) words[i] = state = Math.imul(state, 1_664_525) + 1_013_904_223;

    const gather = new FeatureGather(window);
    gather.setWindow(viewsOf(memory.buffer), starts);
    const width = window.reduce((sum, run) => sum + run.width, 0);
    const out = new Float32Array((picked.length + 3) * width).fill(7);
    gather.gather(out, 2, Uint32Array.from([99, ...picked]), 1, picked.length);
    const expected = new Float32Array(out.length).fill(7);
    expected.set(gatherByKernels(window, starts, picked), 2 * width);
    expect(out).toEqual(expected);
  });
  fc.assert(property, { numRuns: 200 });
});

test('a copy of floats keeps them, row for row and in a row', () => {
  const buffer = new ArrayBuffer(64 + 12 * 4);
  const floats = new Float32Array(buffer, 64);
  floats.set([0, -0, 1e-45, Infinity, 5, 6, 7, 8, 9, 10, 11, NaN]);
  const gather = new FeatureGather([{ kind: 'float32', width: 3, subtract: 0, factor: 1 }]);
  gather.setWindow(viewsOf(buffer), [64]);
  for (const order of [
    [0, 1, 2, 3],
    [3, 0, 1, 2],
  ]) {
    const out = new Float32Array(12);
    gather.gather(out, 0, Uint32Array.from(order), 0, 4);
    expect([...out]).toEqual(order.flatMap((row) => [...floats.subarray(row * 3, row * 3 + 3)]));
  }
});
