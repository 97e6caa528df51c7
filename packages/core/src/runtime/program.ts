import type { KernelTable } from '@lockstep/kernels';
import { type KernelCall, VARIABLE_COUNT, VARIABLES } from '../ops/calls.ts';

type Kernel = (...values: number[]) => void;

/** Positions in the array of variable values. */
export const VARIABLE = Object.fromEntries(VARIABLES.map((name, index) => [name, index])) as Readonly<
  Record<(typeof VARIABLES)[number], number>
>;

const MAXIMUM_ARGUMENTS = 12;

/**
 * Kernel calls bound to one thread's kernels. Running evaluates every argument from the current variables and calls;
 * nothing is allocated.
 */
export class Program {
  readonly #kernels: readonly Kernel[];
  readonly #arities: Uint8Array;
  /** [all arguments, VARIABLE_COUNT]. */
  readonly #coefficients: Int32Array;
  readonly #values: Int32Array = new Int32Array(MAXIMUM_ARGUMENTS);

  constructor(calls: readonly KernelCall[], table: KernelTable) {
    this.#kernels = calls.map((call) => table[call.kernel]);
    this.#arities = Uint8Array.from(calls, (call) => call.arguments.length);
    const all = calls.flatMap((call) => call.arguments);
    // Addresses above 2 GiB wrap to negative int32 here and back in WebAssembly, where addresses are unsigned.
    this.#coefficients = new Int32Array(all.length * VARIABLE_COUNT);
    for (const [index, argument] of all.entries()) {
      const coefficients = typeof argument === 'number' ? { one: argument } : argument;
      for (const name of VARIABLES)
        this.#coefficients[index * VARIABLE_COUNT + VARIABLE[name]] = coefficients[name] ?? 0;
    }
  }

  /** Runs the calls in order. `variables` [VARIABLE_COUNT]: see VARIABLES. */
  run(variables: Int32Array): void {
    const coefficients = this.#coefficients;
    const v = this.#values;
    let at = 0;
    for (let call = 0; call < this.#kernels.length; call++) {
      const arity = this.#arities[call];
      for (let argument = 0; argument < arity; argument++) {
        let sum = 0;
        for (let variable = 0; variable < VARIABLE_COUNT; variable++) {
          sum = (sum + Math.imul(coefficients[at++], variables[variable])) | 0;
        }
        v[argument] = sum;
      }
      const kernel = this.#kernels[call];
      // Surplus arguments would be ignored by WebAssembly too, but passing twelve to every kernel costs time.
      if (arity <= 3) kernel(v[0], v[1], v[2]);
      else if (arity <= 5) kernel(v[0], v[1], v[2], v[3], v[4]);
      else if (arity <= 7) kernel(v[0], v[1], v[2], v[3], v[4], v[5], v[6]);
      else kernel(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11]);
    }
  }
}
