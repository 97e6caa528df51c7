import { DROPOUT_KEY, GEMM_SCRATCH_BYTES } from '@lockstep/kernels/thread';
import { THREAD_LINE_BYTES } from './words.ts';

/** What lies in a thread's scratch behind what the kernels use: its line of words, its keys of random numbers, partial sums. */
export const LINE_OFFSET: number = GEMM_SCRATCH_BYTES;
export const KEY_OFFSET: number = LINE_OFFSET + THREAD_LINE_BYTES;
export const KEY_BYTES: number = DROPOUT_KEY.count * 4;

/** Where the partial sums begin behind so many keys: on a cache line. */
export function levelOffset(keys: number): number {
  return KEY_OFFSET + Math.ceil((keys * KEY_BYTES) / THREAD_LINE_BYTES) * THREAD_LINE_BYTES;
}
