import type { KernelTable } from '@lockstep/kernels';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Argument, type KernelCall, VARIABLE_COUNT, VARIABLES } from '../ops/calls.ts';
import { Program, VARIABLE } from './program.ts';

/** Arities of the table's kernels in the order of table.ts; a recording stands in for each. */
const ARITIES = {
  reluGradient: 4,
  columnSum: 7,
  sgd: 5,
  adam: 6,
  packPanels: 7,
  squaredError: 7,
  gemm: 13,
  gemmMasked: 15,
} as const;
type Name = keyof typeof ARITIES;

function recordingTable(): { table: KernelTable; calls: { kernel: string; values: number[] }[] } {
  const calls: { kernel: string; values: number[] }[] = [];
  const table = Object.fromEntries(
    Object.entries(ARITIES).map(([kernel, arity]) => [
      kernel,
      (...values: number[]) => void calls.push({ kernel, values: values.slice(0, arity) }),
    ]),
  );
  return { table: table as unknown as KernelTable, calls };
}

const integers = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const argumentOf: fc.Arbitrary<Argument> = fc.oneof(
  integers,
  fc.dictionary(fc.constantFrom('one' as const, ...VARIABLES), fc.integer({ min: 0, max: 2 ** 31 - 1 })),
);
const callOf: fc.Arbitrary<KernelCall> = fc
  .constantFrom(...(Object.keys(ARITIES) as Name[]))
  .chain((kernel) =>
    fc
      .array(argumentOf, { minLength: ARITIES[kernel], maxLength: ARITIES[kernel] })
      .map((list) => ({ kernel, arguments: list })),
  );

test('arguments are sums of coefficients times variables, modulo 2^32', () => {
  const values = fc.array(integers, { minLength: VARIABLE_COUNT, maxLength: VARIABLE_COUNT });
  fc.assert(
    fc.property(fc.array(callOf, { maxLength: 6 }), values, (calls, list) => {
      const variables = Int32Array.from(list);
      const recording = recordingTable();
      new Program(calls, recording.table).run(variables);
      const expected = calls.map((call) => ({
        kernel: call.kernel,
        values: call.arguments.map((argument) => {
          const coefficients = typeof argument === 'number' ? { one: argument } : argument;
          const sum = VARIABLES.reduce(
            (total, name) => total + BigInt(coefficients[name] ?? 0) * BigInt(variables[VARIABLE[name]]),
            BigInt(coefficients.one ?? 0),
          );
          return Number(BigInt.asIntN(32, sum));
        }),
      }));
      expect(recording.calls).toEqual(expected);
    }),
  );
});

test('an address above 2 GiB wraps to the int32 that WebAssembly reads as that address', () => {
  const recording = recordingTable();
  const variables = new Int32Array(VARIABLE_COUNT);
  variables[VARIABLE.start] = 3;
  const call: KernelCall = {
    kernel: 'reluGradient',
    arguments: [{ one: 3 * 2 ** 30, start: 256 }, 2 ** 32 - 64, 7, 1],
  };
  new Program([call], recording.table).run(variables);
  expect(recording.calls[0].values.map((value) => value >>> 0)).toEqual([3 * 2 ** 30 + 768, 2 ** 32 - 64, 7, 1]);
});
