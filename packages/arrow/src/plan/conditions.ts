/** The conditions of a filter. */
import { NULL, VALUE } from '../layout/preparedTypes.ts';
import type { Category, Condition } from '../layout/request.ts';

/** Whether a row with this number, or with no value, is kept. */
export type Meets = (value: number, state: number) => boolean;

/** Whether all conditions hold. `codeOf`: the number that a text is read as; texts that are compared with nothing are BAD. */
export function meetsAll(conditions: readonly Condition[], codeOf: (text: Category) => number): Meets {
  const each = conditions.map((condition) => meets(condition, codeOf));
  return (value, state) => {
    for (let i = 0; i < each.length; i++) if (!each[i](value, state)) return false;
    return true;
  };
}

function meets({ comparison, values }: Condition, codeOf: (text: Category) => number): Meets {
  if (comparison === 'isNull') return (_, state) => state === NULL;
  if (comparison === 'notNull') return (_, state) => state !== NULL;
  const numbers = values.map((value) => (typeof value === 'string' ? codeOf(value) : value));
  const holds =
    comparison === 'in' || comparison === 'not in'
      ? isMember(new Set(numbers), comparison === 'in')
      : COMPARE[comparison](numbers[0]);
  return (value, state) => state !== NULL && holds(state === VALUE ? value : NaN);
}

function isMember(values: ReadonlySet<number>, isIn: boolean): (value: number) => boolean {
  return (value) => values.has(value) === isIn;
}

const COMPARE = {
  '<': (bound: number) => (value: number) => value < bound,
  '<=': (bound: number) => (value: number) => value <= bound,
  '>': (bound: number) => (value: number) => value > bound,
  '>=': (bound: number) => (value: number) => value >= bound,
  '==': (bound: number) => (value: number) => value === bound,
  '!=': (bound: number) => (value: number) => value !== bound,
} as const;
