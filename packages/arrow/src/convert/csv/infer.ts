/** The type of each column, from the first rows of a file. */
import type { ColumnType } from '../table/columns.ts';
import { isInteger, parseBool, parseNumber, trimEnd, trimStart } from '../../format/digits.ts';
import { FAULT } from './scanner.ts';
import type { CsvScanner } from './scanner.ts';

/** Rows, and bytes, that types are inferred from: whichever is reached first. */
const SAMPLE_ROWS = 10_000;
const SAMPLE_BYTES = 4 * 2 ** 20;

const LARGEST_INT32 = 2 ** 31 - 1;
/** Above it, a float32 has no digits behind the point, and misses integers. */
const FLOAT32_INTEGERS = 2 ** 24;
const LARGEST_FLOAT32 = 3.4e38;

/** What a column's values in the sample have in common. */
interface Traits {
  values: number;
  integers: boolean;
  numbers: boolean;
  bools: boolean;
  largest: number;
  fractions: boolean;
}

/**
 * `bool` where all values are true or false; integers int32, or int64 where one is larger; other numbers float32, or float64
 * where one has a fraction beyond 2^24 or is beyond float32; all else is a `category`. A column without values is float32.
 */
export class TypeInference {
  /** Rows seen. */
  rows = 0;
  readonly #traits: Traits[];
  #bytes = 0;

  constructor(fields: number) {
    this.#traits = Array.from({ length: fields }, () => {
      return { values: 0, integers: true, numbers: true, bools: true, largest: 0, fractions: false };
    });
  }

  /** Whether more rows would change nothing. */
  get isComplete(): boolean {
    return this.rows === SAMPLE_ROWS || this.#bytes >= SAMPLE_BYTES;
  }

  /** Takes the rows of a scan into account. How a file is cut into scans does not matter. */
  add(bytes: Buffer, scanner: CsvScanner): void {
    const { fields, starts, ends, faults } = scanner;
    for (let row = 0; row < scanner.rows && !this.isComplete; row++) {
      if (faults[row] !== FAULT.none) continue;
      for (let column = 0; column < fields; column++) {
        const field = row * fields + column;
        const start = trimStart(bytes, starts[field], ends[field]);
        const end = trimEnd(bytes, start, ends[field]);
        if (start < end) note(this.#traits[column], bytes, start, end);
      }
      this.rows++;
      this.#bytes += ends[(row + 1) * fields - 1] - starts[row * fields];
    }
  }

  result(): ColumnType[] {
    return this.#traits.map(({ values, integers, numbers, bools, largest, fractions }) => {
      if (values === 0) return 'float32';
      if (bools) return 'bool';
      if (!numbers) return 'category';
      if (integers && largest < 2 ** 63) return largest <= LARGEST_INT32 ? 'int32' : 'int64';
      return (fractions && largest > FLOAT32_INTEGERS) || largest > LARGEST_FLOAT32 || integers ? 'float64' : 'float32';
    });
  }
}

function note(traits: Traits, bytes: Buffer, start: number, end: number): void {
  traits.values++;
  traits.bools = traits.bools && parseBool(bytes, start, end) >= 0;
  if (!traits.numbers) return;
  const value = parseNumber(bytes, start, end);
  traits.numbers = value - value === 0;
  if (!traits.numbers) return;
  traits.integers = traits.integers && isInteger(bytes, start, end);
  traits.largest = Math.max(traits.largest, Math.abs(value));
  traits.fractions = traits.fractions || !Number.isInteger(value);
}
