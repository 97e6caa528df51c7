/**
 * Bytes by which the heap of each thread grows in a training step. Between epochs, when all threads rest, the heaps of the
 * caller's thread and of every thread that it has started are read. The least growth of an epoch counts, because V8's own
 * work (compiling, boxing until it has) shows in the others; epochs in which a collection has made a heap smaller say
 * nothing. What an epoch allocates by itself, these readings included, is in epochs of any length: the difference between
 * long and short ones is what their steps allocate.
 */
import type { Worker } from 'node:worker_threads';
import { getHeapStatistics } from 'node:v8';
import { randomRows } from '../peers/data.ts';
import { buildDataset, buildModel, buildOptimizer } from '../peers/lockstep.ts';
import type { StepRequest } from '../peers/protocol.ts';

export interface AllocationAnswer {
  /** Bytes a step: of the caller's thread, then of each thread that computes or loads. */
  readonly bytesPerStep: readonly number[];
}

const EPOCHS = 12;
const SHORT = 500;
const LONG = 3500;

const request = JSON.parse(process.argv.at(-1)!) as StepRequest;
let threads: Worker[] = [];
process.on('worker', (worker) => threads.push(worker));
// Reading the heap of a thread does not keep this process alive by itself.
const alive = setInterval(() => {}, 1000);

/** The least growth of each heap in an epoch of so many steps. */
async function growthOfEpoch(batches: number): Promise<number[]> {
  threads = [];
  const readings: number[][] = [];
  const rows = randomRows({ ...request, batches });
  await buildModel(request, request.seed).fit(buildDataset(rows, request), {
    loss: 'sparseCategoricalCrossentropy',
    optimizer: buildOptimizer(request),
    batchSize: request.batchSize,
    workers: Number(request.setting.workers),
    epochs: EPOCHS,
    progress: false,
    callbacks: [
      {
        onEpochEnd: async () => {
          const heaps = await Promise.all(threads.map((thread) => thread.getHeapStatistics()));
          readings.push([getHeapStatistics().used_heap_size, ...heaps.map((heap) => heap.used_heap_size)]);
        },
      },
    ],
  });
  return readings[0].map((_, thread) => {
    const growth = readings.slice(1).map((reading, epoch) => reading[thread] - readings[epoch][thread]);
    const grown = growth.filter((bytes) => bytes >= 0);
    if (grown.length === 0) throw new Error('a heap was collected in every epoch: there is no number to give');
    return Math.min(...grown);
  });
}

await growthOfEpoch(SHORT); // Warms up.
const short = await growthOfEpoch(SHORT);
const long = await growthOfEpoch(LONG);
if (short.length !== long.length) throw new Error(`${short.length} threads, then ${long.length}`);
// Below zero is what the readings cannot tell apart.
const bytesPerStep = long.map((bytes, thread) => Math.max(0, bytes - short[thread]) / (LONG - SHORT));
console.log(JSON.stringify({ bytesPerStep } satisfies AllocationAnswer));
clearInterval(alive);
process.exit(0);
