import { LockstepError } from '../errors.ts';

/** Numbers that a call takes: typed arrays, or plain arrays of numbers. */
export type NumberArray = ArrayLike<number>;

/** Views whose elements are not numbers. */
const NOT_NUMBERS = [DataView, BigInt64Array, BigUint64Array];

/**
 * What a user gave as numbers, which JavaScript would silently turn into NaN or into others where it is not. Throws
 * INVALID_OPTION, SHAPE_MISMATCH for nested arrays, and INVALID_DATA for an element of another type.
 */
export function checkNumbers(value: unknown, place: string): NumberArray {
  if (ArrayBuffer.isView(value) && NOT_NUMBERS.every((kind) => !(value instanceof kind))) {
    return value as unknown as NumberArray;
  }
  const name = place.match(/\w+(?=\)?$)/)?.[0] ?? 'values';
  if (!Array.isArray(value)) {
    throw new LockstepError('INVALID_OPTION', {
      place,
      expected: 'a typed array or an array of numbers',
      received: kindOf(value),
      advice: `Give ${name} as one flat array in row-major order, e.g. a Float32Array.`,
    });
  }
  // By index, as `findIndex` is slow on arrays of millions, and holes count too.
  for (let i = 0; i < value.length; i++) {
    const element: unknown = value[i];
    if (typeof element === 'number') continue;
    const nested = Array.isArray(element) || ArrayBuffer.isView(element);
    if (!nested) {
      throw new LockstepError('INVALID_DATA', {
        place: `${place}[${i}]`,
        expected: 'a number',
        received: kindOf(element),
        advice: adviceFor(element, name),
      });
    }
    // `flat` leaves typed arrays as they are.
    const flat = Array.isArray(element) ? `${name}.flat()` : `${name}.flatMap((row) => [...row])`;
    throw new LockstepError('SHAPE_MISMATCH', {
      place,
      expected: 'one flat array of numbers, row after row',
      received: 'an array of arrays',
      advice: `Flatten it: ${flat}.`,
    });
  }
  return value as NumberArray;
}

function adviceFor(element: unknown, name: string): string {
  if (typeof element === 'boolean') return `Write ${name}.map(Number): 1 for true, 0 for false.`;
  if (typeof element === 'string' && element.trim() !== '' && Number.isFinite(Number(element))) {
    return `It is text: write ${name}.map(Number).`;
  }
  if (typeof element === 'string' && name === 'labels') {
    return 'Number the classes from 0: const names = [...new Set(labels)]; labels.map((label) => names.indexOf(label)).';
  }
  return 'Convert or remove the value first.';
}

export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 39)}…` : value);
  if (value === null) return 'null';
  // Neither a constructor nor its name is certain.
  return typeof value === 'object' ? value.constructor?.name || 'an object' : typeof value;
}
