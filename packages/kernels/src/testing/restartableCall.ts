import type { KernelTable } from '../table.ts';
import type { Bench } from './bench.ts';

/** A call of a restartable kernel, as data that can be posted to a thread. */
export interface RestartableCall {
  readonly kernel: 'accumulate' | 'sgd' | 'adam';
  /** The arguments before `progress` and n. */
  readonly operands: readonly number[];
  /** The address of the word. */
  readonly progress: number;
  readonly n: number;
}

export function makeCall(kernels: KernelTable, { kernel, operands, progress, n }: RestartableCall): void {
  const call: (...values: number[]) => void = kernels[kernel];
  call(...operands, progress, n);
}

/** The restartable kernels, with each of their ways through the code. */
export const RESTARTABLE = ['accumulate', 'replace', 'sgd', 'momentum', 'nesterov', 'adam'] as const;

/** A call on n elements of a bench, which is reset; nothing is done yet. */
export function prepareCall(bench: Bench, name: (typeof RESTARTABLE)[number], n: number): RestartableCall {
  bench.reset(n);
  const [target, gradient] = [1, 2].map((seed) => bench.random(n, seed));
  const progress = bench.word(0);
  const hyper = bench.allocate(8);
  if (name === 'accumulate' || name === 'replace') {
    return { kernel: 'accumulate', operands: [target, gradient, name === 'replace' ? 0 : 1], progress, n };
  }
  const state = bench.random(n, 3);
  if (name === 'adam') {
    bench.floats(hyper, 8).set([0.5, 0.002, 0.9, 0.1, 0.999, 0.001, 15, 1e-7]);
    const secondMoment = bench.random(n, 4);
    const v = bench.floats(secondMoment, n);
    for (let i = 0; i < n; i++) v[i] = Math.abs(v[i]);
    return { kernel: 'adam', operands: [target, state, secondMoment, gradient, hyper], progress, n };
  }
  bench.floats(hyper, 4).set([0.25, 0.1, 0.9, name === 'nesterov' ? 1 : 0]);
  return { kernel: 'sgd', operands: [target, name === 'sgd' ? 0 : state, gradient, hyper], progress, n };
}
