import type { KernelTable } from '@lockstep/kernels';
import { type KernelCall, VARIABLES } from '../ops/calls.ts';

type Kernel = (...values: number[]) => void;

/** Positions in the array of variable values. */
export const VARIABLE = Object.fromEntries(VARIABLES.map((name, index) => [name, index])) as Readonly<
  Record<(typeof VARIABLES)[number], number>
>;

/** The most arguments that a kernel has. */
const MAXIMUM_ARGUMENTS = 15;
/** Calls with so many arguments or fewer do not pass the rest: it costs time. */
const FEW_ARGUMENTS = 7;

/**
 * Kernel calls bound to one thread's kernels. Running adds the current variables to the arguments that depend on them,
 * and calls; nothing is allocated.
 */
export class Program {
  readonly #kernels: readonly Kernel[];
  /** Of each call: where its arguments begin, and how many there are. */
  readonly #offsets: Int32Array;
  readonly #arities: Uint8Array;
  /** The arguments of all calls. Constant ones stay; the others are set anew by each run. */
  readonly #values: Int32Array;
  /** Of each argument that is not constant: its position, and its constant part. */
  readonly #positions: Int32Array;
  readonly #constants: Int32Array;
  /** Of each term of such an argument: position of the argument, the variable, and its coefficient. */
  readonly #termPositions: Int32Array;
  readonly #termVariables: Uint8Array;
  readonly #termCoefficients: Int32Array;

  constructor(calls: readonly KernelCall[], table: KernelTable) {
    const functions = table as unknown as Readonly<Record<string, Kernel>>;
    this.#kernels = calls.map((call) => functions[call.kernel]);
    this.#arities = Uint8Array.from(calls, (call) => call.arguments.length);
    const offsets: number[] = [];
    const values: number[] = [];
    const positions: number[] = [];
    const terms: { readonly position: number; readonly variable: number; readonly coefficient: number }[] = [];
    for (const call of calls) {
      offsets.push(values.length);
      if (call.arguments.length > MAXIMUM_ARGUMENTS) throw new RangeError(`${call.kernel} has too many arguments`);
      for (const argument of call.arguments) {
        const coefficients = typeof argument === 'number' ? { one: argument } : argument;
        const position = values.length;
        const own = VARIABLES.filter((name) => (coefficients[name] ?? 0) !== 0);
        if (own.length > 0) positions.push(position);
        for (const name of own) {
          terms.push({ position, variable: VARIABLE[name], coefficient: coefficients[name] ?? 0 });
        }
        values.push(coefficients.one ?? 0);
      }
      // Reading past the arguments of the last call gives numbers too.
      while (values.length < offsets[offsets.length - 1] + MAXIMUM_ARGUMENTS) values.push(0);
    }
    this.#offsets = Int32Array.from(offsets);
    // Addresses above 2 GiB wrap to negative int32 here and back in WebAssembly, where addresses are unsigned.
    this.#values = new Int32Array(values);
    this.#positions = Int32Array.from(positions);
    this.#constants = this.#positions.map((position) => this.#values[position]);
    this.#termPositions = Int32Array.from(terms, (term) => term.position);
    this.#termVariables = Uint8Array.from(terms, (term) => term.variable);
    this.#termCoefficients = Int32Array.from(terms, (term) => term.coefficient);
  }

  /** Runs the calls in order. `variables` [VARIABLE_COUNT]: see VARIABLES. */
  run(variables: Int32Array): void {
    const v = this.#values;
    for (let i = 0; i < this.#positions.length; i++) v[this.#positions[i]] = this.#constants[i];
    for (let i = 0; i < this.#termPositions.length; i++) {
      v[this.#termPositions[i]] += Math.imul(this.#termCoefficients[i], variables[this.#termVariables[i]]);
    }
    for (let call = 0; call < this.#kernels.length; call++) {
      const kernel = this.#kernels[call];
      const at = this.#offsets[call];
      if (this.#arities[call] <= FEW_ARGUMENTS) {
        kernel(v[at], v[at + 1], v[at + 2], v[at + 3], v[at + 4], v[at + 5], v[at + 6]);
      } else {
        // oxfmt-ignore
        kernel(
          v[at], v[at + 1], v[at + 2], v[at + 3], v[at + 4], v[at + 5], v[at + 6], v[at + 7],
          v[at + 8], v[at + 9], v[at + 10], v[at + 11], v[at + 12], v[at + 13], v[at + 14],
        );
      }
    }
  }
}
