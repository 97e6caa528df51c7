import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault } from '@lockstep/core';
import { ChildRun } from './childRun.ts';

export interface MemoryCurve {
  /** Training steps done, the bytes that the process then held without garbage, and the most that it ever held. */
  readonly points: readonly { readonly steps: number; readonly rss: number; readonly maxRss: number }[];
  /** By how much the most after the warm-up is more than the most during it. */
  readonly growth: number;
  /** The same of the most that was ever held, which counts garbage. */
  readonly peakGrowth: number;
  /** As a line to print. */
  readonly text: string;
  readonly checkpoints: number;
  readonly restarts: number;
}

/** Steps of an epoch; memory is looked at after every epoch. */
const EPOCH_STEPS = 250;
const BATCH_SIZE = 16;

/** Memory of a process that trains a small network; the first fifth of the steps is the warm-up. */
export async function memoryOf(
  steps: number,
  workers: number,
  everySteps: number | null,
  faults: readonly Fault[] = [],
): Promise<MemoryCurve> {
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-memory-'));
  const child = new ChildRun({
    ...{ sizes: [8, 16, 4], rows: EPOCH_STEPS * BATCH_SIZE, seed: 3, memoryEvery: 1 },
    fit: {
      ...{ batchSize: BATCH_SIZE, epochs: Math.ceil(steps / EPOCH_STEPS), workers },
      ...{ faults, maxWorkerRestarts: faults.length },
      ...(everySteps === null ? {} : { checkpoint: { directory, everySteps } }),
    },
  });
  await child.result();
  const restarts = child.events.at(-1)!.restarts!.length;
  rmSync(directory, { recursive: true });
  const points = child.events
    .filter(({ event }) => event === 'memory')
    .map((event) => ({ steps: event.steps!, rss: event.rss!, maxRss: event.maxRss! }));
  const warm = Math.ceil(points.length / 5);
  const most = (part: typeof points): number => Math.max(...part.map(({ rss }) => rss));
  const growth = most(points.slice(warm)) - most(points.slice(0, warm));
  const peakGrowth = points.at(-1)!.maxRss - points[warm - 1].maxRss;
  const every = Math.ceil(points.length / 12);
  const shown = points.filter((_, index) => (index + 1) % every === 0);
  const text = shown.map((point) => `${point.steps}: ${(point.rss / 2 ** 20).toFixed(1)}`).join(', ');
  const checkpoints = child.events.filter(({ event }) => event === 'checkpoint').length;
  return { points, growth, peakGrowth, text, checkpoints, restarts };
}
