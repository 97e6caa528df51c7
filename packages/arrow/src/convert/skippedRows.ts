/** Rows that were left out, and why. */
import { LockstepError } from '@lockstep/core/source';

/** The end of an advice. */
export const SKIP = "leave such rows out (onBadRow: 'skip').";

/** Of which the reason is kept. */
const MOST_REASONS = 10;

export interface BadRow {
  /** From 1. */
  readonly line: number;
  readonly column: string | null;
  readonly expected: string;
  readonly received: string;
}

export interface SkippedRows {
  readonly rows: number;
  /** The first ten. */
  readonly first: readonly BadRow[];
}

/** Raises an error at a bad row, or counts it. */
export class BadRows {
  readonly #name: string;
  readonly #skips: boolean;
  #rows = 0;
  readonly #first: BadRow[] = [];

  constructor(name: string, skips: boolean) {
    this.#name = name;
    this.#skips = skips;
  }

  /** INVALID_DATA unless bad rows are skipped. */
  add(bad: BadRow, advice: string): void {
    if (!this.#skips) {
      const { line, column, expected, received } = bad;
      const place = `${this.#name}, line ${line}${column === null ? '' : `, column ${JSON.stringify(column)}`}`;
      throw new LockstepError('INVALID_DATA', { place, expected, received, advice });
    }
    this.#rows++;
    if (this.#first.length < MOST_REASONS) this.#first.push(bad);
  }

  get skipped(): SkippedRows {
    return { rows: this.#rows, first: this.#first };
  }
}
