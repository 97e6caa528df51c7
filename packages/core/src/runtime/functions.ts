import { instantiateKernels, type KernelTable } from '@lockstep/kernels';
import { type UserCode, withUserCode } from './userCode.ts';
import type { RunDescription } from './tasks.ts';

/** What a plan's calls run on the calling thread: kernels, and the functions that users wrote. */
export function functionsOf(
  { plan, kernels, memory }: Pick<RunDescription, 'plan' | 'kernels' | 'memory'>,
  code: UserCode,
): KernelTable {
  return withUserCode(instantiateKernels(kernels, memory), plan, code, memory.buffer);
}
