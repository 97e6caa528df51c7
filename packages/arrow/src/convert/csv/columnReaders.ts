/** A column of scanned rows to values: one loop for each way of storing them. */
import { INTEGER_RANGES, newValues } from '../table/columns.ts';
import type { BlockColumn, ColumnType } from '../table/columns.ts';
import { Vocabulary } from '../vocabulary.ts';
import type { ColumnValues } from '../writeArrow.ts';
import { isInteger, parseBigInt, parseBool, parseNumber, textOf, trimEnd, trimStart } from '../../format/digits.ts';
import { FAULT, QUOTING } from './scanner.ts';
import type { CsvScanner } from './scanner.ts';

/** Digits of a number that may be an int32, zeros in front included. */
const LONGEST_INT32 = 15;

/** Turns one field of every scanned row into values; a row that it cannot read is noted in `bad`. */
export class ColumnReader implements BlockColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Which field of a row it reads. */
  readonly field: number;
  readonly vocabulary: Vocabulary | null;
  values: ColumnValues = new Uint8Array(0);
  nulls: Uint8Array = new Uint8Array(0);
  readonly #read: (bytes: Buffer, at: number, end: number, row: number) => boolean;

  constructor(name: string, type: ColumnType, field: number, categories: readonly string[] | null) {
    this.name = name;
    this.type = type;
    this.field = field;
    this.vocabulary = type === 'category' ? new Vocabulary(categories) : null;
    this.#read = this.#readerOf(type);
  }

  /** Reads the rows of `scanner`; bad[row] becomes 1 + `index` where one cannot be read and was good until now. */
  read(bytes: Buffer, scanner: CsvScanner, bad: Uint32Array, index: number): void {
    const { fields, rows } = scanner;
    if (this.nulls.length < rows) {
      this.values = newValues(this.type, rows);
      this.nulls = new Uint8Array(rows);
    }
    if (this.type === 'category') this.#readCategories(bytes, scanner, bad, index);
    else if (this.type === 'float32' || this.type === 'float64') this.#readFloats(bytes, scanner, bad, index);
    else if (this.type === 'int32') this.#readIntegers(bytes, scanner, bad, index);
    else {
      const { starts, ends, faults } = scanner;
      for (let row = 0, field = this.field; row < rows; row++, field += fields) {
        if (faults[row] !== FAULT.none) continue;
        const start = trimStart(bytes, starts[field], ends[field]);
        const end = trimEnd(bytes, start, ends[field]);
        this.nulls[row] = start === end ? 1 : 0;
        if (start < end && !this.#read(bytes, start, end, row) && bad[row] === 0) bad[row] = index + 1;
      }
    }
  }

  /** Moves the values of row `from` to row `to`, when rows between them are left out. */
  move(from: number, to: number): void {
    this.values[to] = this.values[from];
    this.nulls[to] = this.nulls[from];
  }

  #readFloats(
    bytes: Buffer,
    { fields, rows, starts, ends, faults }: CsvScanner,
    bad: Uint32Array,
    index: number,
  ): void {
    const values = this.values as Float32Array | Float64Array;
    const { nulls } = this;
    for (let row = 0, field = this.field; row < rows; row++, field += fields) {
      if (faults[row] !== FAULT.none) continue;
      const start = trimStart(bytes, starts[field], ends[field]);
      const end = trimEnd(bytes, start, ends[field]);
      nulls[row] = 0;
      if (start === end) {
        nulls[row] = 1;
        values[row] = 0;
        continue;
      }
      values[row] = parseNumber(bytes, start, end);
      // Also what float32 has no room for.
      if (!(values[row] - values[row] === 0) && bad[row] === 0) bad[row] = index + 1;
    }
  }

  /** What `#readerOf` does for all integers, at the speed that most of them should have. */
  #readIntegers(
    bytes: Buffer,
    { fields, rows, starts, ends, faults }: CsvScanner,
    bad: Uint32Array,
    index: number,
  ): void {
    const values = this.values as Int32Array;
    const { nulls } = this;
    for (let row = 0, field = this.field; row < rows; row++, field += fields) {
      if (faults[row] !== FAULT.none) continue;
      const start = trimStart(bytes, starts[field], ends[field]);
      const end = trimEnd(bytes, start, ends[field]);
      nulls[row] = start === end ? 1 : 0;
      let at = start;
      if (at < end && (bytes[at] === 0x2d || bytes[at] === 0x2b)) at++;
      let value = 0;
      const first = at;
      for (; at < end && at - first < LONGEST_INT32; at++) {
        const digit = bytes[at] - 48;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      if (bytes[start] === 0x2d) value = -value;
      values[row] = value;
      if (start < end && (at < end || first === end || value !== values[row]) && bad[row] === 0) bad[row] = index + 1;
    }
  }

  /** Only rows that are good so far: a row that is left out must not bring a text of its own. */
  #readCategories(bytes: Buffer, scanner: CsvScanner, bad: Uint32Array, index: number): void {
    const { fields, rows, starts, ends, faults, quoting } = scanner;
    const codes = this.values as Int32Array;
    for (let row = 0, field = this.field; row < rows; row++, field += fields) {
      if (faults[row] !== FAULT.none || bad[row] !== 0) continue;
      const isNull = starts[field] === ends[field] && quoting[field] === QUOTING.none;
      this.nulls[row] = isNull ? 1 : 0;
      codes[row] = 0;
      if (isNull) continue;
      const code = this.vocabulary!.codeOf(keyOfField(bytes, scanner, field));
      if (typeof code === 'number') codes[row] = code;
      else bad[row] = index + 1;
    }
  }

  #readerOf(type: ColumnType): (bytes: Buffer, at: number, end: number, row: number) => boolean {
    if (type === 'bool') {
      return (bytes, at, end, row) => {
        const value = parseBool(bytes, at, end);
        if (value >= 0) this.values[row] = value;
        return value >= 0;
      };
    }
    const [low, high] = INTEGER_RANGES[type] ?? [0n, 0n];
    if (type === 'int64' || type === 'uint64') {
      return (bytes, at, end, row) => {
        if (!isInteger(bytes, at, end)) return false;
        const value = parseBigInt(bytes, at, end);
        if (value < low || value > high) return false;
        this.values[row] = value;
        return true;
      };
    }
    const [least, most] = [Number(low), Number(high)];
    return (bytes, at, end, row) => {
      if (!isInteger(bytes, at, end)) return false;
      const value = parseNumber(bytes, at, end);
      if (value < least || value > most) return false;
      this.values[row] = value;
      return true;
    };
  }
}

/** A field's bytes as characters, doubled quotes made one. */
export function keyOfField(bytes: Buffer, { starts, ends, quoting }: CsvScanner, field: number): string {
  const key = textOf(bytes, starts[field], ends[field]);
  return quoting[field] === QUOTING.escaped ? key.replaceAll('""', '"') : key;
}
