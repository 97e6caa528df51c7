import { instantiateKernels, type KernelSelection, type SharedMemory } from '@lockstep/kernels';
import { VARIABLE_COUNT } from '../ops/calls.ts';
import type { Plan } from '../plan/plan.ts';
import { Program } from './program.ts';

/** Brings the derived forms of all parameters up to date, while no step is in progress. */
export function refreshParameters(plan: Plan, kernels: KernelSelection, memory: SharedMemory): void {
  new Program(plan.refresh, instantiateKernels(kernels, memory)).run(new Int32Array(VARIABLE_COUNT));
}
