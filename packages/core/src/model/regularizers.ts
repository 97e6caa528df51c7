import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { checkOptions } from './check.ts';
import type { RegularizerSpec } from './spec.ts';

const factor = (what: string): v.GenericSchema<number> =>
  v.pipe(
    v.number(`${what} is a number`),
    v.finite(`${what} is finite`),
    v.minValue(0, `${what} is a number of at least 0`),
  );

const [size, square] = [factor('l1'), factor('l2')];

const bothSchema = v.strictObject({ l1: v.optional(size, 0), l2: v.optional(square, 0) });

/**
 * Adds factor · Σ|w| to the loss, which draws weights to 0 (lasso, Tibshirani 1996); the slope at 0 is 0. Default 0.01, as
 * Keras's L1. Throws INVALID_OPTION.
 */
export function l1(factorOfSizes = 0.01): RegularizerSpec {
  return { kind: 'l1l2', l1: checkOptions(size, factorOfSizes, 'l1(factor)'), l2: 0 };
}

/**
 * Adds factor · Σ w² to the loss, which keeps weights small (ridge, Hoerl & Kennard 1970). Its gradient is 2 · factor · w: twice
 * that of an optimizer's `weightDecay` of as much, which the loss does not tell. Default 0.01, as Keras's L2. Throws
 * INVALID_OPTION.
 */
export function l2(factorOfSquares = 0.01): RegularizerSpec {
  return { kind: 'l1l2', l1: 0, l2: checkOptions(square, factorOfSquares, 'l2(factor)') };
}

/** Adds l1 · Σ|w| + l2 · Σ w² to the loss (elastic net, Zou & Hastie 2005); both default to 0. Throws INVALID_OPTION. */
export function l1l2(options: { readonly l1?: number; readonly l2?: number } = {}): RegularizerSpec {
  return { kind: 'l1l2', ...checkOptions(bothSchema, options, 'l1l2') };
}

/** The members of this name, each with what one of the functions above returns, from a user or a file; others are left out. */
export function checkRegularizers<Name extends string>(
  given: { readonly [Member in Name]?: unknown },
  names: readonly Name[],
  place: string,
): { readonly [Member in Name]?: RegularizerSpec } {
  const checked: { [Member in Name]?: RegularizerSpec } = {};
  for (const name of names) if (given[name] !== undefined) checked[name] = checkOne(given[name], `${place}.${name}`);
  return checked;
}

function checkOne(value: unknown, place: string): RegularizerSpec {
  const { kind, ...options } = (typeof value === 'object' && value !== null ? value : {}) as { kind?: string };
  if (kind === 'l1l2') return l1l2(options);
  throw new LockstepError('INVALID_OPTION', {
    place,
    expected: 'l1(factor), l2(factor) or l1l2({ l1, l2 })',
    received: (JSON.stringify(value) ?? String(value)).slice(0, 80),
    advice: 'For example: kernelRegularizer: l2(1e-4).',
  });
}
