/** Lists of one length, from the levels of their items: rows may begin on one page and end on the next. */
import type { ColumnValues } from '../writeArrow.ts';
import { PageError } from './pageError.ts';
import type { DataPage } from './pages.ts';
import type { Levels } from './schema.ts';

/** Rows of a column, scalars or lists. */
export interface RowPiece {
  readonly rows: number;
  /** Values of the rows that are not null, one after another; null where there are none. */
  readonly values: ColumnValues | null;
  /** [rows]: 1 where the row is not null; null when none is. */
  readonly present: Uint8Array | null;
}

/** A list that is no row of a table; `row` counts from the first one that `add` or `finish` would have given. */
export class ListRefused extends Error {
  readonly row: number;
  /** Items, or that one is null. */
  readonly received: number | 'null';

  constructor(row: number, received: number | 'null') {
    super(`a list of ${received}`);
    this.row = row;
    this.received = received;
  }
}

export class ListRows {
  /** Items of a list; 0 until the first list has told. */
  width: number;
  readonly #levels: Levels;
  /** Rows of the row group that are complete. */
  #rows = 0;
  /** The row that the next page may go on with. */
  #open: 'none' | 'null' | 'list' = 'none';
  #items = 0;
  #rest: ColumnValues | null = null;

  constructor(levels: Levels, width: number) {
    this.#levels = levels;
    this.width = width;
  }

  /** The rows that `page` completes: all but its last one. Throws ListRefused and PageError. */
  add(page: DataPage, values: ColumnValues): RowPiece {
    const { entries, definition, repetition } = page;
    const { maxDefinition, row: rowLevel } = this.#levels;
    const present = new Uint8Array(entries + 1);
    const first = this.#rows;
    let lists = 0;
    for (let i = 0; i < entries; i++) {
      const level = definition === null ? maxDefinition : definition[i];
      if (repetition![i] === 0) {
        lists += this.#close(present, first);
        this.#open = level < rowLevel ? 'null' : 'list';
        this.#items = 0;
        if (this.#open === 'null') continue;
        if (level === rowLevel) throw new ListRefused(this.#rows - first, 0);
      } else if (this.#open !== 'list') {
        throw new PageError('an item of no list');
      }
      if (level !== maxDefinition) throw new ListRefused(this.#rows - first, 'null');
      this.#items++;
    }
    return this.#take(values, present, first, lists);
  }

  /** The last row of the row group. */
  finish(): RowPiece {
    const present = new Uint8Array(1);
    const first = this.#rows;
    const lists = this.#close(present, first);
    const piece = this.#take(null, present, first, lists);
    this.#rows = 0;
    return piece;
  }

  /** Ends the open row; 1 if it is a list. */
  #close(present: Uint8Array, first: number): number {
    const was = this.#open;
    this.#open = 'none';
    if (was === 'none') return 0;
    if (was === 'list') {
      if (this.width === 0) this.width = this.#items;
      if (this.#items !== this.width) throw new ListRefused(this.#rows - first, this.#items);
      present[this.#rows - first] = 1;
    }
    this.#rows++;
    return was === 'list' ? 1 : 0;
  }

  #take(values: ColumnValues | null, present: Uint8Array, first: number, lists: number): RowPiece {
    const all = joined(this.#rest, values);
    const complete = lists * this.width;
    // A copy: what is given away keeps nothing of its page alive, and the reverse.
    this.#rest = all === null || all.length === complete ? null : all.slice(complete);
    const rows = this.#rows - first;
    const isWhole = lists === rows;
    return { rows, values: all?.subarray(0, complete) ?? null, present: isWhole ? null : present.subarray(0, rows) };
  }
}

function joined(rest: ColumnValues | null, values: ColumnValues | null): ColumnValues | null {
  if (rest === null || values === null) return rest ?? values;
  const both = new (rest.constructor as new (length: number) => Float64Array)(rest.length + values.length);
  both.set(rest as Float64Array);
  both.set(values as Float64Array, rest.length);
  return both;
}
