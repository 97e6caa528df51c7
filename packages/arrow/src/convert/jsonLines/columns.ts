/** Columns of JSON objects: their types from a sample, and their values. */
import { INTEGER_RANGES, newValues } from '../table/columns.ts';
import type { BlockColumn, ColumnType } from '../table/columns.ts';
import { keyOf, Vocabulary } from '../vocabulary.ts';
import type { UnknownText } from '../vocabulary.ts';
import type { ColumnValues } from '../writeArrow.ts';

/** What the sample says of one name. */
export class JsonTraits {
  /** Numbers of a list; null where values are not lists. */
  width: number | null = null;
  #kind: 'number' | 'boolean' | 'string' | 'list' | null = null;
  #largest = 0;
  #integers = true;
  #mixed = false;

  add(value: unknown): void {
    if (value === null) return;
    const kind = Array.isArray(value) ? 'list' : typeof value;
    if (this.#kind !== null && this.#kind !== kind) this.#mixed = true;
    if (kind === 'list') this.width ??= (value as unknown[]).length;
    else if (kind === 'number') {
      this.#integers &&= Number.isSafeInteger(value);
      this.#largest = Math.max(this.#largest, Math.abs(value as number));
    } else if (kind !== 'boolean' && kind !== 'string') this.#mixed = true;
    this.#kind = kind as 'number';
  }

  /** The type, or null where no type holds all values. */
  type(): ColumnType | null {
    if (this.#mixed || this.width === 0) return null;
    if (this.#kind === 'boolean') return 'bool';
    if (this.#kind === 'string') return 'category';
    if (this.#kind !== 'number') return 'float32';
    if (this.#integers) return this.#largest < 2 ** 31 ? 'int32' : 'int64';
    return this.#largest > 2 ** 24 ? 'float64' : 'float32';
  }
}

export class JsonColumn implements BlockColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly perRow: number;
  readonly vocabulary: Vocabulary | null;
  readonly values: ColumnValues;
  readonly nulls: Uint8Array;
  /** Why the last text that `set` refused has no number. */
  refused: UnknownText | null = null;

  constructor(name: string, type: ColumnType, perRow: number, rows: number, categories: readonly string[] | null) {
    this.name = name;
    this.type = type;
    this.perRow = perRow;
    this.vocabulary = type === 'category' ? new Vocabulary(categories) : null;
    this.values = newValues(type, rows * perRow);
    this.nulls = new Uint8Array(rows);
  }

  /** False for a value that the column's type does not have. Missing ones are null. */
  set(row: number, value: unknown): boolean {
    const isNull = value === null || value === undefined;
    this.nulls[row] = isNull ? 1 : 0;
    if (isNull) return true;
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    return items.length === this.perRow && items.every((item, i) => this.#setOne(row * this.perRow + i, item));
  }

  #setOne(at: number, value: unknown): boolean {
    if (this.type === 'category') {
      if (typeof value !== 'string') return false;
      const code = this.vocabulary!.codeOf(keyOf(value));
      this.refused = typeof code === 'number' ? null : code;
      if (typeof code === 'number') this.values[at] = code;
      return typeof code === 'number';
    }
    if (this.type === 'bool') {
      this.values[at] = value === true ? 1 : 0;
      return typeof value === 'boolean';
    }
    if (typeof value !== 'number') return false;
    const range = INTEGER_RANGES[this.type];
    if (range === undefined) {
      this.values[at] = value;
      const stored = Number(this.values[at]);
      return stored - stored === 0;
    }
    // JSON.parse has rounded what is larger.
    if (!Number.isSafeInteger(value) || BigInt(value) < range[0] || BigInt(value) > range[1]) return false;
    this.values[at] =
      this.values instanceof BigInt64Array || this.values instanceof BigUint64Array ? BigInt(value) : value;
    return true;
  }
}
