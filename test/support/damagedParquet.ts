/** Conversions of a damaged Parquet file, and what may come of them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertParquet } from '@lockstep/arrow';
import { expect } from 'vitest';

/**
 * `count` single bits changed, and every fifth time the end cut off: each conversion ends in time, with an error that is meant
 * or with all rows read. Returns how many were refused.
 */
export async function convertDamaged(
  folder: string,
  content: Uint8Array,
  count: number,
  reader: 'hyparquet' | 'duckdb',
  next: (bound: number) => number,
): Promise<number> {
  const path = join(folder, 'damaged.parquet');
  let refused = 0;
  for (let i = 0; i < count; i++) {
    const damaged = Uint8Array.from(content);
    damaged[next(content.length)] ^= 1 << next(8);
    writeFileSync(path, i % 5 === 4 ? content.subarray(0, next(content.length)) : damaged);
    const started = performance.now();
    const options = { reader, onProgress: stopAtEnd };
    const error = await convertParquet(path, join(folder, `out-${i}`), options).catch((caught: unknown) => caught);
    expect(performance.now() - started).toBeLessThan(30_000);
    if (!(error instanceof Error) || error === END) continue;
    refused++;
    expect(error, `${i}: ${error.stack}`).toMatchObject({ name: 'LockstepError' });
  }
  return refused;
}

const END = new Error('all rows have been read');

/** Before the folder is made to last, which takes most of the time. */
function stopAtEnd(done: number, total: number): void {
  if (done === total) throw END;
}

/** The same in every run (Numerical Recipes' generator). */
export function numbersFrom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}
