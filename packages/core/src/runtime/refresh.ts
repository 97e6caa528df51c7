import { instantiateKernels, type KernelSelection, type SharedMemory } from '@lockstep/kernels';
import { VARIABLE_COUNT } from '../ops/calls.ts';
import type { Plan } from '../plan/plan.ts';
import { Program } from './program.ts';

/** A function that brings the derived forms of all parameters up to date. To be called while no step is in progress. */
export function refresherOf(plan: Plan, kernels: KernelSelection, memory: SharedMemory): () => void {
  const program = new Program(plan.refresh, instantiateKernels(kernels, memory));
  const variables = new Int32Array(VARIABLE_COUNT);
  return () => program.run(variables);
}
