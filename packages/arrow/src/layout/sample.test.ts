import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FileRange } from '../format/arrowFile.ts';
import { DiskFile } from '../format/diskFile.ts';
import { scratchDirectory } from '../testing/files.ts';
import { hashOfSample, piecesPerFile } from './sample.ts';

const path = join(scratchDirectory(), 'file');

/** The hash of a sample of 8 pieces, and the ranges that were read for it. */
function sample(bytes: Uint8Array, ranges: readonly FileRange[]): { hash: string; read: [number, number][] } {
  writeFileSync(path, bytes);
  const file = DiskFile.open(path, path);
  const read: [number, number][] = [];
  const bytesOf = file.bytes.bind(file);
  file.bytes = (offset, length) => (read.push([offset, length]), bytesOf(offset, length));
  try {
    return { hash: hashOfSample(file, ranges, 8), read };
  } finally {
    file.close();
  }
}

const whole = ({ length }: Uint8Array): FileRange[] => [{ offset: 0, bytes: length }];

test('many files share a number of pieces, and each has two at least', () => {
  expect([1, 16, 17, 100, 512, 1000, 1_000_000].map(piecesPerFile)).toEqual([64, 64, 60, 10, 2, 2, 2]);
});

test('what is not larger than the pieces is read as a whole', () => {
  for (const size of [0, 1, 4096, 8 * 4096]) {
    const file = new Uint8Array(size);
    const { hash, read } = sample(file, whole(file));
    expect(read).toEqual([[0, size]]);
    for (let at = 0; at < size; at += 1237) {
      const changed = file.slice().fill(1, at, at + 1);
      expect(sample(changed, whole(file)).hash, `byte ${at} of ${size}`).not.toBe(hash);
    }
  }
});

test('of a larger file, pages from the first byte to the last', () => {
  const file = new Uint8Array(100 * 4096);
  const { hash, read } = sample(file, whole(file));
  // floor(i × 99 × 4096 / 7)
  const offsets = [0, 57_929, 115_858, 173_787, 231_716, 289_645, 347_574, 405_504];
  expect(read).toEqual(offsets.map((offset) => [offset, 4096]));
  for (const [offset, length] of read) {
    const inside = [offset, offset + length - 1];
    for (const at of inside) expect(sample(file.slice().fill(1, at, at + 1), whole(file)).hash).not.toBe(hash);
  }
  expect(sample(file.slice().fill(1, 5000, 50_000), whole(file)).hash).toBe(hash);
});

test('ranges are looked at as if they lay end to end', () => {
  const file = new Uint8Array(100_000);
  // 40,000 bytes in all; a piece begins every floor(i × 35,904 / 7) bytes, and ends with its range.
  const { read } = sample(file, [
    { offset: 10_000, bytes: 6000 },
    { offset: 30_000, bytes: 0 },
    { offset: 50_000, bytes: 34_000 },
  ]);
  expect(read).toEqual([
    [10_000, 4096],
    [15_129, 871],
    [54_258, 4096],
    [59_387, 4096],
    [64_516, 4096],
    [69_645, 4096],
    [74_774, 4096],
    [79_904, 4096],
  ]);
});
