/**
 * Training steps, fed from a file or from memory, with what their threads waited for batches. Needs `--import waits.ts`.
 */
import { arrowDataset } from '@lockstep/arrow';
import { type Dataset, tensorDataset } from '@lockstep/core';
import { fillNumbers } from '../harness/numbers.ts';
import { buildModel, buildOptimizer } from '../peers/lockstep.ts';
import type { TrainAnswer, TrainRequest } from './trainProtocol.ts';
import { readWaits } from './waits.ts';

const request = JSON.parse(process.argv.at(-1)!) as TrainRequest;
const { batchSize, budgetMs, sizes, workers } = request;
const dataset = await openData();
const steps = Math.ceil(dataset.rows / batchSize);
const enough = new AbortController();
const microseconds: number[] = [];
const waited: number[] = [];
let waits = 0;
let before = readWaits();
let end = Infinity;
try {
  await buildModel(request, 7).fit(dataset, {
    loss: 'sparseCategoricalCrossentropy',
    optimizer: buildOptimizer(request),
    batchSize,
    workers,
    epochs: 1_000_000,
    progress: false,
    signal: enough.signal,
    callbacks: [
      {
        onEpochEnd: ({ epoch, seconds }) => {
          const now = readWaits();
          // The first epoch warms up.
          if (epoch > 1) {
            microseconds.push((seconds / steps) * 1e6);
            waited.push((now.microseconds - before.microseconds) / steps / workers);
            waits += now.waits - before.waits;
          } else end = performance.now() + budgetMs;
          before = now;
          if (performance.now() > end && microseconds.length > 1) enough.abort();
        },
      },
    ],
  });
} catch (error) {
  if (error !== enough.signal.reason) throw error;
}
const peakRss = process.resourceUsage().maxRSS * 1024;
const answer: TrainAnswer = { microseconds, waited, waits: waits / microseconds.length / steps, peakRss };
console.log(JSON.stringify(answer));
process.exit(0);

/** In memory: as many rows of such numbers as the file has. */
async function openData(): Promise<Dataset> {
  const { features, file, inMemory, label } = request;
  const stored = await arrowDataset(file, { features, label });
  if (!inMemory) return stored;
  const { featureShape, rows } = stored;
  const numbers = new Float32Array(rows * featureShape[0]);
  fillNumbers(numbers, 1);
  const labels = Int32Array.from({ length: rows }, (_, row) => row % sizes.at(-1)!);
  return tensorDataset({ features: numbers, labels, featureShape });
}
