import { parentPort, workerData } from 'node:worker_threads';
import { instantiateKernels } from '../instantiate.ts';
import type { KernelSelection } from '../selection.ts';
import type { SharedMemory } from '../sharedMemory.ts';
import { type RestartableCall, makeCall } from './restartableCall.ts';

/** What a thread of restart.test.ts does: it says that it is ready, and makes one call as soon as `gate[0]` is not 0. */
export interface RestartTask {
  readonly kernels: Pick<KernelSelection, 'module' | 'tile'>;
  readonly memory: SharedMemory;
  readonly call: RestartableCall;
  readonly gate: Int32Array;
}

const { kernels, memory, call, gate } = workerData as RestartTask;
const table = instantiateKernels(kernels, memory);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
parentPort?.postMessage('ready');
Atomics.wait(gate, 0, 0);
makeCall(table, call);
