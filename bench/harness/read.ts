/** Reads what a child process printed: names the field that is not what it should be. */

export function readObject(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(place, 'an object', value);
  return value as Record<string, unknown>;
}

/** A number that is finite and not negative, as all that is measured here. */
export function readNumber(value: unknown, place: string): number {
  if (typeof value !== 'number' || !(value >= 0) || value === Infinity) throw refuse(place, 'a number from 0', value);
  return value;
}

export function readNumbers(value: unknown, place: string): readonly number[] {
  if (!Array.isArray(value) || value.length === 0) throw refuse(place, 'a list of numbers', value);
  return value.map((item, index) => readNumber(item, `${place}[${index}]`));
}

export function readString(value: unknown, place: string): string {
  if (typeof value !== 'string') throw refuse(place, 'a text', value);
  return value;
}

function refuse(place: string, expected: string, received: unknown): Error {
  return new Error(`${place}: expected ${expected}, received ${JSON.stringify(received)?.slice(0, 60)}`);
}
