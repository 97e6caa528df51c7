import { expect, test } from 'vitest';
import { LockstepError } from '@lockstep/core/source';
import { integers } from '../../testing/files.ts';
import type { FileRange } from '../arrowFile.ts';
import { BytesMissing, FetchedBytes, joinRanges, requestsOf } from './fetchedBytes.ts';
import { redirected, Refusal } from './send.ts';

const SIZE = 2 ** 20;
const content = Uint8Array.from({ length: SIZE }, (_, i) => (i * 31 + (i >>> 8)) % 256);
/** Ranges that depend on the seed alone; some are empty, some overlap. */
function someRanges(seed: number): FileRange[] {
  const next = integers(seed);
  return Array.from({ length: next(13) }, () => {
    const offset = next(SIZE + 1);
    return { offset, bytes: Math.min(next(5001), SIZE - offset) };
  });
}

test('joined ranges hold every range, in order, far from each other, and none waits for more than the gaps', () => {
  for (let seed = 0; seed < 200; seed++) {
    const some = someRanges(seed);
    const joined = joinRanges(some);
    for (const { offset, bytes } of some) {
      const holds = joined.some((range) => range.offset <= offset && offset + bytes <= range.offset + range.bytes);
      expect(bytes === 0 || holds).toBe(true);
    }
    for (const [i, { offset }] of joined.entries()) {
      if (i > 0) expect(offset - joined[i - 1].offset - joined[i - 1].bytes).toBeGreaterThan(65_536);
    }
    const total = (ranges: readonly FileRange[]): number => ranges.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(total(joined)).toBeLessThanOrEqual(total(some) + 65_536 * some.length);
  }
});

test('a reading that stops at what is missing comes to its end, with the bytes of the file', () => {
  for (let seed = 0; seed < 60; seed++) {
    const [announced, read] = [someRanges(seed), someRanges(seed + 1000)];
    const bytes = new FetchedBytes('file', SIZE, []);
    const run = (): Uint8Array[] => {
      bytes.prefetch(announced);
      return read.map(({ offset, bytes: length }) => bytes.bytes(offset, length));
    };
    let found: Uint8Array[] | undefined;
    for (let rounds = 0; found === undefined; rounds++) {
      expect(rounds).toBeLessThanOrEqual(1 + read.length);
      try {
        found = run();
      } catch (error) {
        if (!(error instanceof BytesMissing)) throw error;
        const fetched = joinRanges(error.ranges);
        bytes.add(
          fetched.map(({ offset, bytes: length }) => ({ offset, content: content.slice(offset, offset + length) })),
        );
      }
    }
    const expected = read.map(({ offset, bytes: length }) => content.subarray(offset, offset + length));
    expect(found.every((piece, i) => Buffer.compare(piece, expected[i]) === 0)).toBe(true);
  }
});

test('what lies behind the end is an error, and not asked for', () => {
  const bytes = new FetchedBytes('file', 10, []);
  expect(() => bytes.read(new Uint8Array(4), 0, 4, 7)).toThrow(LockstepError);
  expect(() => bytes.prefetch([{ offset: 11, bytes: 0 }])).toThrow('the end of the file');
});

test('large ranges are several requests', () => {
  expect(requestsOf(0)).toEqual([]);
  expect(requestsOf(2 ** 20)).toEqual([{ begin: 0, end: 2 ** 20 }]);
  expect(requestsOf(2 ** 21 + 1)).toEqual([
    { begin: 0, end: 2 ** 20 },
    { begin: 2 ** 20, end: 2 ** 21 },
    { begin: 2 ** 21, end: 2 ** 21 + 1 },
  ]);
});

test('a redirect never leads from https to http, nor anywhere but to these', () => {
  const to = (from: string, location: string | undefined): string =>
    redirected(new URL(from), { status: 302, headers: { location }, received: 0 }).href;
  expect(to('http://me:key@host/a', 'https://host/b')).toBe('https://host/b');
  expect(to('https://me:key@host/a', '/b')).toBe('https://me:key@host/b');
  expect(to('https://me:key@host/a', 'https://host/b')).toBe('https://me:key@host/b');
  expect(to('https://me:key@host/a', 'https://other/b')).toBe('https://other/b');
  for (const location of ['http://host/b', 'ftp://host/b', 'data:,x', 'http://', undefined]) {
    expect(() => to('https://host/a', location)).toThrow(Refusal);
  }
});
