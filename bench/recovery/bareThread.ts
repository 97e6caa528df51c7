/** A thread that loads what a compute thread of a run loads, says so, and does nothing. */
import { parentPort } from 'node:worker_threads';

for (const file of ['worker.ts', 'compute.ts']) {
  await import(new URL(`../../packages/core/src/runtime/${file}`, import.meta.url).href);
}
// A port of a thread has no origin.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
parentPort?.postMessage('ready');
