/** A program that trains as its argument says (see ChildRunOptions) and prints an event a line. childRun.ts starts it. */
import { writeSync } from 'node:fs';
import { adam, type Callback, dense, LockstepError, type Model, sequential } from '@lockstep/core';
import { watchFiles } from './childRunFiles.ts';
import type { ChildEvent, ChildEventName, ChildRunOptions } from './childRunOptions.ts';
import { reportingDataset } from './childRunSource.ts';

const options = JSON.parse(process.argv[2]) as ChildRunOptions;
const { sizes, rows, validationRows = 0, seed, fit, dieAt, holdAt, memoryEvery } = options;
const counts = new Map<string, number>();

// What ends a run in a program of any kind: a signal of the system, and an AbortController in its own handler.
const stop = new AbortController();
const terminated = Promise.withResolvers<void>();
const gate = new SharedArrayBuffer(4);
// A process that waits for a signal does not live for that alone.
const alive = setInterval(() => undefined, 1000);
process.once('SIGTERM', () => {
  stop.abort(new Error('the system asks for the end'));
  Atomics.store(new Int32Array(gate), 0, 1);
  Atomics.notify(new Int32Array(gate), 0);
  terminated.resolve();
});

/** Synchronous, so that it is told before whatever comes next, SIGKILL included. */
function tell(event: ChildEvent): Promise<void> | void {
  const count = (counts.get(event.event) ?? 0) + 1;
  counts.set(event.event, count);
  writeSync(1, `${JSON.stringify(event)}\n`);
  if (dieAt?.event === event.event && dieAt.count === count) {
    const end = performance.now() + dieAt.spinMicroseconds / 1000;
    while (performance.now() < end);
    process.kill(process.pid, 'SIGKILL');
  }
  if (holdAt?.event === event.event && holdAt.count === count) {
    writeSync(1, `${JSON.stringify({ event: 'holding' })}\n`);
    return terminated.promise;
  }
}

function build(): Model {
  const layers = sizes
    .slice(1)
    .map((units, index) => dense(units, { activation: index === sizes.length - 2 ? 'softmax' : 'relu' }));
  return sequential(layers, { inputShape: [sizes[0]], seed });
}

const reporter: Callback = {
  onTrainBegin: ({ resumed }) => tell({ event: 'train begin', steps: resumed?.steps ?? 0 }),
  onProgress: () => void tell({ event: 'progress' }),
  onCheckpoint: ({ steps }) => void tell({ event: 'checkpoint', steps }),
  async onEpochEnd({ epoch, steps }) {
    await tell({ event: 'epoch end' });
    if (memoryEvery === undefined || epoch % memoryEvery !== 0) return;
    // V8 keeps garbage for as long as there is room: only what is left behind tells of a leak.
    globalThis.gc?.();
    const { rss } = process.memoryUsage();
    await tell({ event: 'memory', steps, rss, maxRss: process.resourceUsage().maxRSS * 1024 });
  },
};

process.on('warning', (warning) => void tell({ event: 'warning', code: String((warning as { code?: unknown }).code) }));
await watchFiles((event: ChildEventName) => tell({ event }));
await tell({ event: 'ready' });
const batchSize = fit.batchSize ?? 32;
const data = { width: sizes[0], classes: sizes[sizes.length - 1] };
const gateOf = (event: ChildEventName): SharedArrayBuffer | null => (holdAt?.event === event ? gate : null);
const part = (
  event: 'loading training' | 'loading evaluation',
  count: number,
  from: number,
): ReturnType<typeof reportingDataset> =>
  reportingDataset(count, batchSize, { ...data, event, seed: from, gate: gateOf(event) });
try {
  const run = build().fit(part('loading training', rows, seed), {
    ...{ loss: 'sparseCategoricalCrossentropy', optimizer: adam({ learningRate: 0.005 }), metrics: ['accuracy'] },
    ...(validationRows === 0 ? {} : { validation: part('loading evaluation', validationRows, seed + 1) }),
    ...{ seed, progress: false, ...fit, callbacks: [reporter], signal: stop.signal },
  });
  await tell({ event: 'fit' });
  const { weightsHash, weightsHashes, metrics, epochs, steps, stoppedBy, restarts, checkpoints } = await run;
  const result = { weightsHash, weightsHashes, metrics, epochs, steps, stoppedBy };
  await tell({ event: 'done', result, restarts, checkpointsFailed: checkpoints.failed });
} catch (error) {
  const code = error instanceof LockstepError ? error.code : (error as Error).name;
  await tell({ event: 'failed', code, message: (error as Error).message });
}
clearInterval(alive);
