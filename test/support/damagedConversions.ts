/** Conversions of damaged files, and what may come of them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertNpz, convertParquet } from '@lockstep/arrow';
import { expect } from 'vitest';

/** Converts a file into a folder that is not there yet. */
export type Conversion = (path: string, out: string) => Promise<unknown>;

export function parquetBy(reader: 'hyparquet' | 'duckdb'): Conversion {
  return (path, out) => convertParquet(path, out, { reader, onProgress: stopAtEnd });
}

/** To its end: only there the checksums are compared. */
export const npz: Conversion = (path, out) => convertNpz(path, out);

/**
 * `count` single bits changed, and every fifth time the end cut off: each conversion ends in time, with an error that is meant
 * or with all rows read. Returns how many were refused.
 */
export async function convertDamaged(
  folder: string,
  content: Uint8Array,
  count: number,
  convert: Conversion,
  next: (bound: number) => number,
): Promise<number> {
  const path = join(folder, 'damaged');
  let refused = 0;
  for (let i = 0; i < count; i++) {
    const damaged = Uint8Array.from(content);
    damaged[next(content.length)] ^= 1 << next(8);
    writeFileSync(path, i % 5 === 4 ? content.subarray(0, next(content.length)) : damaged);
    const started = performance.now();
    const error = await convert(path, join(folder, `out-${i}`)).catch((caught: unknown) => caught);
    expect(performance.now() - started).toBeLessThan(30_000);
    if (!(error instanceof Error) || error === END) continue;
    refused++;
    expect(error, `${i}: ${error.stack}`).toMatchObject({ name: 'LockstepError' });
    // Nothing has changed the file since it was opened.
    expect(error, `${i}: ${error.stack}`).not.toMatchObject({ code: 'FILE_CHANGED' });
    expect(error.message).toContain(path);
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
