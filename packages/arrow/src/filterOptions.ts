/** The conditions of `filter`. */
import type { Category, Comparison, Condition } from './layout/request.ts';
import { invalid, requireChoice, requireName } from './optionErrors.ts';

const ORDERED = ['<', '<=', '>', '>='] as const;
const COMPARISONS = [...ORDERED, '==', '!=', 'in', 'not in', 'isNull', 'notNull'] as const;
const EXAMPLE = "a condition such as ['age', '>=', 18] or ['city', 'in', ['Bern', 'Ulm']]";

export function checkFilter(filter: unknown): Condition[] {
  if (!Array.isArray(filter)) throw invalid('.filter', "conditions such as [['age', '>=', 18]]", filter);
  const conditions = filter.map((condition: unknown, i): Condition => checkCondition(`.filter[${i}]`, condition));
  conditions.forEach(({ column, values }, i) => {
    const first = conditions.find((other) => other.column === column && other.values.length > 0);
    if (first === undefined || values.length === 0 || typeof first.values[0] === typeof values[0]) return;
    const kind = typeof first.values[0] === 'string' ? 'a text' : 'a number';
    throw invalid(`.filter[${i}][2]`, `${kind}, as ${JSON.stringify(column)} is compared with before`, values[0]);
  });
  return conditions;
}

/** What the conditions compare a column with, where they do. */
export function comparesOf(conditions: readonly Condition[], column: string): 'numbers' | 'texts' | undefined {
  const [value] = conditions.flatMap((condition) => (condition.column === column ? condition.values : []));
  if (value === undefined) return undefined;
  return typeof value === 'string' ? 'texts' : 'numbers';
}

function checkCondition(where: string, condition: unknown): Condition {
  if (!Array.isArray(condition) || condition.length < 2 || condition.length > 3)
    throw invalid(where, EXAMPLE, condition);
  const [name, given, value] = condition as readonly unknown[];
  const column = requireName(`${where}[0]`, name);
  const comparison = requireChoice(`${where}[1]`, given ?? null, COMPARISONS);
  const place = `${where}[2]`;
  const wanted = comparison === 'isNull' || comparison === 'notNull' ? 2 : 3;
  if (condition.length < wanted) throw invalid(where, EXAMPLE, condition);
  if (comparison === 'isNull' || comparison === 'notNull') {
    if (condition.length === 2) return { column, comparison, values: [] };
    throw invalid(place, `nothing behind '${comparison}'`, value);
  }
  if (comparison === 'in' || comparison === 'not in') {
    if (!Array.isArray(value) || value.length === 0) throw invalid(place, 'an array of values', value);
    const values = value.map((each: unknown, i) => checkValue(`${place}[${i}]`, each));
    const other = values.findIndex((each) => typeof each !== typeof values[0]);
    if (other >= 0) throw invalid(`${place}[${other}]`, 'numbers alone, or texts alone', values[other]);
    return { column, comparison, values };
  }
  return { column, comparison, values: [checkValue(place, value, comparison)] };
}

function checkValue(where: string, value: unknown, comparison?: Comparison): Category {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'number' && !Number.isNaN(value)) return value;
  const isOrdered = (ORDERED as readonly unknown[]).includes(comparison);
  if (typeof value === 'string' && !isOrdered) return value;
  const advice = value === null ? "For nulls there are ['age', 'isNull'] and ['age', 'notNull']." : undefined;
  throw invalid(where, isOrdered ? 'a number' : 'a number, true, false or a text', value, advice);
}
