/**
 * Measures one case in a process of its own: what a lost thread costs, and what a checkpoint costs. Its argument is a
 * RecoveryRequest as JSON, what it prints a RecoveryAnswer.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { adam, dense, type Fault, type FitOptions, type History, sequential, tensorDataset } from '@lockstep/core';
import { fillNumbers } from '../harness/numbers.ts';
import { spread } from '../harness/statistics.ts';
import type { FaultCost, RecoveryAnswer, RecoveryRequest } from './request.ts';

const {
  sizes,
  batchSize,
  workers,
  epochSteps,
  epochs,
  faults: faultCount,
} = JSON.parse(process.argv[2]) as RecoveryRequest;

const rows = batchSize * epochSteps;
const features = new Float32Array(rows * sizes[0]);
fillNumbers(features, 1);
const classes = sizes[sizes.length - 1];
const labels = Int32Array.from({ length: rows }, (_, row) => (row * 7) % classes);
const dataset = tensorDataset({ features, labels, featureShape: [sizes[0]] });
/** So that faults and checkpoints are far enough apart to be told from one another. */
const steps = epochSteps * epochs;
// That threads were replaced is what is measured here.
process.removeAllListeners('warning');

interface Timed {
  readonly history: History;
  /** Of the epochs, without starting threads and evaluating. */
  readonly milliseconds: number;
  /** Median of the epochs' mean, without the first. */
  readonly stepMs: number;
}

async function train(options: Partial<FitOptions>): Promise<Timed> {
  const layers = sizes
    .slice(1)
    .map((units, index) => dense(units, { activation: index === sizes.length - 2 ? 'softmax' : 'relu' }));
  const perStep: number[] = [];
  const history = await sequential(layers, { inputShape: [sizes[0]], seed: 1 }).fit(dataset, {
    ...{ loss: 'sparseCategoricalCrossentropy', optimizer: adam(), batchSize, workers, epochs, progress: false },
    ...options,
    callbacks: [
      { onEpochEnd: ({ seconds }) => void perStep.push((seconds * 1000) / epochSteps) },
      ...(options.callbacks ?? []),
    ],
  });
  return { history, milliseconds: history.seconds * 1000, stepMs: spread(perStep.slice(1)).median };
}

/** From asking for a thread until it has loaded all that a compute thread loads. */
async function threadStart(): Promise<number> {
  const begin = performance.now();
  const thread = new Worker(new URL('bareThread.ts', import.meta.url));
  await new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });
  const milliseconds = performance.now() - begin;
  await thread.terminate();
  return milliseconds;
}

async function faultCost(action: FaultCost['action'], undisturbed: Timed): Promise<FaultCost> {
  const faults = Array.from({ length: faultCount }, (_, index): Fault => {
    const step = Math.floor(((index + 0.5) * steps) / faultCount);
    return { thread: index % workers, step, action, at: 'compute' };
  });
  const { history, milliseconds } = await train({ faults, maxWorkerRestarts: faultCount });
  const { restarts, weightsHash } = history;
  if (weightsHash !== undisturbed.history.weightsHash) throw new Error(`${action}: the run came to other weights`);
  if (restarts.length === 0) throw new Error(`${action}: no thread was replaced`);
  return {
    ...{ action, restarts: restarts.length },
    recoveryMs: spread(restarts.map(({ seconds }) => seconds * 1000)),
    wholeMs: Math.max(0, milliseconds - undisturbed.milliseconds) / restarts.length,
  };
}

async function checkpointCost(undisturbed: Timed): Promise<RecoveryAnswer['checkpoint']> {
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
  const writes: number[] = [];
  let bytes = 0;
  const { history, milliseconds } = await train({
    checkpoint: { directory, everySteps: Math.max(1, Math.floor(steps / faultCount)), keepLast: 1 },
    callbacks: [
      {
        onCheckpoint: (written) => {
          writes.push(written.writeSeconds * 1000);
          bytes = written.bytes;
        },
      },
    ],
  });
  rmSync(directory, { recursive: true });
  const { written, pauseSeconds, longestPauseSeconds } = history.checkpoints;
  return {
    ...{ written, bytes, longestPauseMs: longestPauseSeconds * 1000, copyMs: copyTime(bytes) },
    pauseMs: (pauseSeconds * 1000) / written,
    writeMs: spread(writes).median,
    wholeMs: Math.max(0, milliseconds - undisturbed.milliseconds) / written,
  };
}

/** Copying as many bytes out of shared memory, into memory that has been written to before. */
function copyTime(bytes: number): number {
  const from = new Float32Array(new SharedArrayBuffer(Math.ceil(bytes / 4) * 4)).fill(1);
  const to = new Float32Array(from.length).fill(2);
  const times = Array.from({ length: 21 }, () => {
    const begin = performance.now();
    to.set(from);
    return performance.now() - begin;
  });
  return spread(times).median;
}

await train({ epochs: 2 }); // Warms up.
const undisturbed = await train({});
const starts: number[] = [];
for (let start = 0; start < faultCount; start++) starts.push(await threadStart());
const costs: FaultCost[] = [];
for (const action of ['throw', 'exit', 'terminate'] as const) costs.push(await faultCost(action, undisturbed));
const checkpoint = await checkpointCost(undisturbed);
const answer: RecoveryAnswer = { stepMs: undisturbed.stepMs, threadStartMs: spread(starts), faults: costs, checkpoint };
console.log(JSON.stringify(answer));
