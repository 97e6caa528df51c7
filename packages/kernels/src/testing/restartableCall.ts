import type { KernelTable } from '../table.ts';
import type { Bench } from './bench.ts';

/** A call of a restartable kernel, as data that can be posted to a thread. */
export interface RestartableCall {
  readonly kernel: 'accumulate' | 'sgd' | 'adam' | 'movingAverage' | (typeof MORE_OPTIMIZERS)[number];
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

const MORE_OPTIMIZERS = ['sgdW', 'adamW', 'nadam', 'adamax', 'adagrad', 'rmsprop', 'adadelta', 'lion'] as const;
/** How many vectors they have. */
const VECTORS = { sgdW: 1, adamW: 3, nadam: 2, adamax: 2, adagrad: 1, rmsprop: 3, adadelta: 2, lion: 1 } as const;

type RestartableName =
  | 'accumulate'
  | 'replace'
  | 'sgd'
  | 'momentum'
  | 'nesterov'
  | 'adam'
  | 'movingAverage'
  | (typeof MORE_OPTIMIZERS)[number];

/** The restartable kernels, with each of their ways through the code. */
export const RESTARTABLE: readonly RestartableName[] = [
  ...(['accumulate', 'replace', 'sgd', 'momentum', 'nesterov', 'adam', 'movingAverage'] as const),
  ...MORE_OPTIMIZERS,
];

/** A call on n elements of a bench, which is reset; nothing is done yet. */
export function prepareCall(bench: Bench, name: RestartableName, n: number): RestartableCall {
  bench.reset(n);
  const [target, gradient] = [1, 2].map((seed) => bench.random(n, seed));
  const progress = bench.word(0);
  const hyper = bench.allocate(12);
  if (name === 'accumulate' || name === 'replace') {
    return { kernel: 'accumulate', operands: [target, gradient, name === 'replace' ? 0 : 1], progress, n };
  }
  if (name === 'movingAverage') {
    bench.floats(hyper, 2).set([1 / 37, 0.9]);
    return { kernel: name, operands: [target, gradient, hyper], progress, n };
  }
  const more = MORE_OPTIMIZERS.find((kernel) => kernel === name);
  if (more) {
    bench.floats(hyper, 12).set([0.5, 0.01, 0.4, 0.1, 0.001, 0.9, 0.1, 0.9, 0.01, 0.02, 1e-3, 0.03]);
    const vectors = Array.from({ length: VECTORS[more] }, (_, i) => positive(bench, n, 3 + i));
    return { kernel: more, operands: [target, ...vectors, gradient, hyper], progress, n };
  }
  const state = bench.random(n, 3);
  if (name === 'adam') {
    bench.floats(hyper, 8).set([0.5, 0.002, 0.9, 0.1, 0.999, 0.001, 15, 1e-7]);
    return { kernel: 'adam', operands: [target, state, positive(bench, n, 4), gradient, hyper], progress, n };
  }
  bench.floats(hyper, 4).set([0.25, 0.1, 0.9, name === 'nesterov' ? 1 : 0]);
  return { kernel: 'sgd', operands: [target, name === 'sgd' ? 0 : state, gradient, hyper], progress, n };
}

/** Numbers that are not negative, such as second moments. */
function positive(bench: Bench, n: number, seed: number): number {
  const address = bench.random(n, seed);
  const x = bench.floats(address, n);
  for (let i = 0; i < n; i++) x[i] = Math.abs(x[i]);
  return address;
}
