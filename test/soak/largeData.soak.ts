/** Data of eight times the size takes no more memory, with one thread and with two. test/tools/trainLarge.ts does it with gigabytes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runLarge, writeLargeData } from '../support/largeData.ts';
import { countInSummary, soakSize } from '../support/soak.ts';

const MIB = 2 ** 20;
const LARGE = soakSize('LARGE_MIB', 512);
/** Windows that both sizes fill many times. */
const WINDOW_BYTES = 4 * MIB;
/** Heaps are larger or smaller by so much from run to run. */
const NOISE = 12 * MIB;

const folder = mkdtempSync(join(tmpdir(), 'lockstep-large-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([1, 2])(
  `peak memory of ${LARGE / 8} and of ${LARGE} MiB of data, %i workers`,
  async (workers) => {
    const peaks: number[] = [];
    for (const mib of [LARGE / 8, LARGE]) {
      const path = join(folder, `${mib}.arrow`);
      await writeLargeData(path, mib * MIB);
      peaks.push((await runLarge({ path, workers, windowBytes: WINDOW_BYTES })).peakBytes);
      rmSync(path);
    }
    const [small, large] = peaks;
    countInSummary(`Data of ${LARGE / 8} and ${LARGE} MiB, ${workers} workers, peak MiB`, {
      ...{ small: (small / MIB).toFixed(1), large: (large / MIB).toFixed(1) },
    });
    expect(large).toBeLessThan(1.05 * small + NOISE);
  },
  300_000,
);
