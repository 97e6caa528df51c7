import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { Barrier } from '../harness/internals.ts';

/** Microseconds of what threads cost each other, measured with two of them. */
export interface MeetingCosts {
  readonly transfer: number;
  readonly spin: number;
  readonly wakeCall: number;
  readonly wakeLatency: number;
}

const ROUNDS = 2000;
const TRIALS = 25;
const SLEEPERS = 8;
const ASLEEP_MS = 0.1;
const WORDS = 512;
/** Far from the words of the barrier. */
const WORD = { go: 256, stamp: 320, ready: 352 };

type Part = 'echo' | 'sleeper' | 'answer';
interface Task {
  readonly part: Part;
  readonly control: Int32Array<SharedArrayBuffer>;
}

export async function measureMeetings(): Promise<MeetingCosts> {
  const control = new Int32Array(new SharedArrayBuffer(WORDS * 4));
  const transfer = await measureTransfer(control);
  const spin = measureSpin();
  return { transfer, spin, ...(await measureWakes()) };
}

/** Two threads answer each other through one word, which so goes from core to core and back. */
async function measureTransfer(control: Int32Array<SharedArrayBuffer>): Promise<number> {
  const other = await startWorker({ part: 'echo', control });
  const times: number[] = [];
  for (let trial = 0; trial < TRIALS; trial++) {
    const before = performance.now();
    for (let round = 0; round < ROUNDS; round++) {
      Atomics.store(control, WORD.go, 1);
      while (Atomics.load(control, WORD.go) === 1);
    }
    times.push(((performance.now() - before) * 1e3) / ROUNDS / 2);
  }
  Atomics.store(control, WORD.go, -1);
  await other.ended;
  return median(times);
}

/** A thread alone at a barrier for two looks at it this long before it sleeps; the time to sleep is that of the release. */
function measureSpin(): number {
  const times: number[] = [];
  for (let trial = 0; trial < TRIALS; trial++) {
    const control = new Int32Array(new SharedArrayBuffer(WORDS * 4));
    const barrier = new Barrier(control, new Int32Array(new SharedArrayBuffer(WORDS * 4)), 2, 0);
    // `abort` is set: whoever would sleep leaves by an exception instead.
    Atomics.store(control, 16, 1);
    const before = performance.now();
    try {
      barrier.arrive(0);
    } catch {
      times.push((performance.now() - before) * 1e3);
    }
  }
  return median(times);
}

async function measureWakes(): Promise<{ wakeCall: number; wakeLatency: number }> {
  const control = new Int32Array(new SharedArrayBuffer(WORDS * 4));
  const sleepers: { ended: Promise<void> }[] = [];
  for (let sleeper = 0; sleeper < SLEEPERS; sleeper++) sleepers.push(await startWorker({ part: 'sleeper', control }));
  const calls: number[] = [];
  for (let trial = 0; trial < TRIALS; trial++) {
    await pause();
    const before = performance.now();
    const woken = Atomics.notify(control, WORD.go);
    if (woken > 0) calls.push(((performance.now() - before) * 1e3) / woken);
  }
  Atomics.store(control, WORD.go, 1);
  Atomics.notify(control, WORD.go);
  await Promise.all(sleepers.map(({ ended }) => ended));

  const answering = new Int32Array(new SharedArrayBuffer(WORDS * 4));
  const answer = await startWorker({ part: 'answer', control: answering });
  const latencies: number[] = [];
  for (let trial = 1; trial <= TRIALS; trial++) {
    // About as long as a thread sleeps at a barrier: who sleeps longer wakes later.
    for (const end = performance.now() + ASLEEP_MS; performance.now() < end;);
    const before = performance.now();
    Atomics.store(answering, WORD.go, trial);
    Atomics.notify(answering, WORD.go);
    while (Atomics.load(answering, WORD.stamp) !== trial);
    latencies.push((performance.now() - before) * 1e3);
  }
  Atomics.store(answering, WORD.go, -1);
  Atomics.notify(answering, WORD.go);
  await answer.ended;
  return { wakeCall: median(calls), wakeLatency: Math.max(0, median(latencies) - median(calls)) };
}

/** Long enough for the others to fall asleep. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

async function startWorker(task: Task): Promise<{ ended: Promise<void> }> {
  const worker = new Worker(new URL(import.meta.url), { workerData: task });
  const ended = new Promise<void>((resolve, reject) => {
    worker.once('exit', () => resolve());
    worker.once('error', reject);
  });
  const ready = Atomics.load(task.control, WORD.ready);
  while (Atomics.load(task.control, WORD.ready) === ready) await pause();
  return { ended };
}

function run({ part, control }: Task): void {
  Atomics.add(control, WORD.ready, 1);
  if (part === 'echo') {
    for (let seen = 0; seen >= 0; seen = Atomics.load(control, WORD.go)) {
      if (seen === 1) Atomics.store(control, WORD.go, 0);
    }
  }
  if (part === 'sleeper') while (Atomics.load(control, WORD.go) === 0) Atomics.wait(control, WORD.go, 0);
  if (part === 'answer') {
    for (let seen = 0; seen >= 0; seen = Atomics.load(control, WORD.go)) {
      Atomics.store(control, WORD.stamp, seen);
      Atomics.wait(control, WORD.go, seen);
    }
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

if (!isMainThread && isTask(workerData)) run(workerData);

/** Other threads may import this file too. */
function isTask(data: unknown): data is Task {
  return typeof data === 'object' && data !== null && 'part' in data && 'control' in data;
}
