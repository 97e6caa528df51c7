import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { createReferenceKernels } from './reference/createReferenceKernels.ts';
import { findWrongKernels, fusesMultiplyAdd, runTrial } from './selfCheck.ts';
import { ROW_TRIALS } from './rowTrials.ts';
import { createTrialMemory, trialPattern } from './trial.ts';
import { OTHER_TRIALS, PRODUCT_TRIALS } from './trials.ts';

const memory = createTrialMemory();
const pattern = trialPattern();
const reference = createReferenceKernels(memory);
const TRIALS = [...PRODUCT_TRIALS, ...OTHER_TRIALS, ...ROW_TRIALS];

test('the checksums are those of the reference', () => {
  const left = TRIALS.map((trial) => [trial.kernel, crc32(runTrial(trial, reference, memory, pattern))]);
  expect(left).toEqual(TRIALS.map((trial) => [trial.kernel, trial.checksum]));
});

test('every trial changes the memory, and every kernel is tried', () => {
  const untouched = crc32(pattern);
  expect(TRIALS.filter((trial) => trial.checksum === untouched)).toEqual([]);
  const tried = new Set(['packPanels', ...TRIALS.flatMap((trial) => trial.kernel)]);
  expect([...tried].toSorted()).toEqual(Object.keys(reference).toSorted());
});

test('where multiply-adds round twice, results may differ a little, but not much', () => {
  expect(fusesMultiplyAdd(reference, memory)).toBe(true);
  for (const [error, wrong] of [
    [1e-6, []],
    [1e-2, ['reluGradient', 'sumOfSquares']],
  ] as const) {
    const inexact = {
      ...reference,
      reluGradient(dx: number, dy: number, y: number, n: number) {
        reference.reluGradient(dx, dy, y, n);
        new Float32Array(memory.buffer, dx, n)[3] += error;
      },
      sumOfSquares(out: number, x: number, n: number) {
        reference.sumOfSquares(out, x, n);
        new Float64Array(memory.buffer, out, 1)[0] *= 1 + error;
      },
    };
    expect(findWrongKernels(inexact, memory, pattern, OTHER_TRIALS, false)).toEqual(wrong);
    expect(findWrongKernels(inexact, memory, pattern, OTHER_TRIALS, true)).toEqual(['reluGradient', 'sumOfSquares']);
  }
});

test('of kernels that are tried together, the wrong one is named', () => {
  const broken = {
    ...reference,
    gelu(y: number, x: number, n: number) {
      reference.gelu(y, x, n);
      new Int32Array(memory.buffer, y, n)[1] ^= 1;
    },
  };
  expect(findWrongKernels(broken, memory, pattern, OTHER_TRIALS, true)).toEqual(['gelu']);
});
