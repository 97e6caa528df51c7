/** Statistics of a column, in one pass, block after block. */
import { halfTable } from '@lockstep/core/source';
import type { ColumnValues } from '../writeArrow.ts';
import type { ColumnType, TableColumn } from './columns.ts';

export interface ColumnStatistics {
  /** Rows that are null; they are in no other number here. */
  readonly nulls: number;
  /** Values that are NaN or infinite, which are in no other number here either. */
  readonly notFinite: number;
  /** Of all values, those of lists together; null where there is none, and for categories. */
  readonly numbers: NumberStatistics | null;
  /**
   * How many rows have each text of a category, by code; or each of the integers from 0 to 255, up to the largest one, of a
   * scalar integer column that has no others. Null for all other columns.
   */
  readonly counts: readonly number[] | null;
}

/** Where numbers are so large that their sums are beyond float64, mean and deviation are the nearest that it has. */
export interface NumberStatistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** By the count, not the count less one, as Keras's `Normalization`. */
  readonly deviation: number;
}

/** Integers up to this one are taken for what may be classes. */
const LARGEST_CLASS = 255;

/**
 * Mean and squared distances of each block by itself, in two passes over it, then joined to what came before (Chan, Golub and
 * LeVeque 1983): numbers far from 0 keep their digits, and the same blocks give the same bits. Integers are taken as float64.
 */
export class StatisticsOf {
  readonly #type: ColumnType;
  readonly #perRow: number;
  #nulls = 0;
  #notFinite = 0;
  #count = 0;
  #mean = 0;
  #squares = 0;
  #min = Infinity;
  #max = -Infinity;
  #counts: number[] | null;
  #numbers: Float64Array = new Float64Array(0);

  constructor({ type, perRow }: TableColumn) {
    this.#type = type;
    this.#perRow = perRow;
    this.#counts = type.startsWith('float') || perRow > 1 ? null : [];
  }

  add(values: ColumnValues, nulls: Uint8Array | null, rows: number): void {
    let count = this.#gather(values, nulls, rows);
    if (this.#counts !== null) this.#addCounts(count);
    if (this.#type === 'category') return;
    if (this.#type.startsWith('float')) count = this.#keepFinite(count);
    if (count > 0) this.#addNumbers(count);
  }

  #addNumbers(count: number): void {
    const numbers = this.#numbers;
    let sum = 0;
    let min = this.#min;
    let max = this.#max;
    for (let i = 0; i < count; i++) {
      const value = numbers[i];
      sum += value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    const about = sum / count;
    let squares = 0;
    let rest = 0;
    for (let i = 0; i < count; i++) {
      const distance = numbers[i] - about;
      rest += distance;
      squares += distance * distance;
    }
    // What rounding took from the sum.
    const mean = about + rest / count;
    squares -= (rest * rest) / count;
    const total = this.#count + count;
    const distance = mean - this.#mean;
    this.#mean += (distance * count) / total;
    this.#squares += squares + distance * distance * ((this.#count * count) / total);
    this.#count = total;
    this.#min = min;
    this.#max = max;
  }

  result(categories: number): ColumnStatistics {
    const [min, max] = [this.#min, this.#max];
    const mean = Number.isFinite(this.#mean) ? this.#mean : min / 2 + max / 2;
    const distance = Math.sqrt(this.#squares / this.#count);
    const deviation = Number.isFinite(distance) ? distance : Math.min(Number.MAX_VALUE, max / 2 - min / 2);
    const counts = this.#counts === null ? null : Array.from(this.#counts, (count) => count ?? 0);
    // Texts of a fixed list that no row has count too.
    while (counts !== null && counts.length < categories) counts.push(0);
    return {
      nulls: this.#nulls,
      notFinite: this.#notFinite,
      numbers: this.#count === 0 ? null : { min, max, mean, deviation },
      counts: counts === null || counts.length === 0 ? null : counts,
    };
  }

  /** Values of rows that are not null, as float64; returns how many. */
  #gather(values: ColumnValues, nulls: Uint8Array | null, rows: number): number {
    const width = this.#perRow;
    if (this.#numbers.length < rows * width) this.#numbers = new Float64Array(rows * width);
    const numbers = this.#numbers;
    let count = 0;
    if (values instanceof BigInt64Array || values instanceof BigUint64Array || this.#type === 'float16') {
      const halves = this.#type === 'float16' ? halfTable() : null;
      for (let i = 0; i < rows * width; i++) {
        const value = Number(values[i]);
        numbers[i] = halves === null ? value : halves[value];
      }
    } else {
      numbers.set(rows * width === values.length ? values : values.subarray(0, rows * width));
    }
    if (nulls === null) return rows * width;
    for (let row = 0; row < rows; row++) {
      if (nulls[row] === 1) {
        this.#nulls++;
        continue;
      }
      for (let i = row * width; i < (row + 1) * width; i++) numbers[count++] = numbers[i];
    }
    return count;
  }

  #keepFinite(count: number): number {
    const numbers = this.#numbers;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const value = numbers[i];
      // False for NaN and infinities: only finite numbers differ from themselves by 0.
      if (value - value === 0) numbers[kept++] = value;
    }
    this.#notFinite += count - kept;
    return kept;
  }

  #addCounts(count: number): void {
    const numbers = this.#numbers;
    const counts = this.#counts!;
    const limit = this.#type === 'category' ? Infinity : LARGEST_CLASS;
    for (let i = 0; i < count; i++) {
      const value = numbers[i];
      if (value < 0 || value > limit) {
        this.#counts = null;
        return;
      }
      while (counts.length <= value) counts.push(0);
      counts[value]++;
    }
  }
}
