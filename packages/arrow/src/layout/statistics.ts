/** Mean, deviation and range of each value of a row, in one pass and in the order of the rows. */

export interface Statistics {
  /** Values that are not null. */
  readonly count: readonly number[];
  readonly mean: readonly number[];
  /** Of the population, as scikit-learn's StandardScaler has it: divided by the count. */
  readonly standardDeviation: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
}

/** Welford (1962), "Note on a method for calculating corrected sums of squares and products": no large sums to cancel. */
export class StatisticsPass {
  readonly #count: Float64Array;
  readonly #mean: Float64Array;
  readonly #squares: Float64Array;
  readonly #min: Float64Array;
  readonly #max: Float64Array;

  constructor(width: number) {
    this.#count = new Float64Array(width);
    this.#mean = new Float64Array(width);
    this.#squares = new Float64Array(width);
    this.#min = new Float64Array(width).fill(Infinity);
    this.#max = new Float64Array(width).fill(-Infinity);
  }

  /** A row of `numbers`, which begins at `at`; `valid` is 1 for those that are values, or left out where all are. */
  addRow(numbers: Float64Array, at: number, valid?: Uint8Array): void {
    const counts = this.#count;
    const means = this.#mean;
    const squares = this.#squares;
    const least = this.#min;
    const most = this.#max;
    for (let item = 0; item < counts.length; item++) {
      if (valid !== undefined && valid[at + item] !== 1) continue;
      const value = numbers[at + item];
      const count = (counts[item] += 1);
      const distance = value - means[item];
      const mean = means[item] + distance / count;
      means[item] = mean;
      squares[item] += distance * (value - mean);
      if (value < least[item]) least[item] = value;
      if (value > most[item]) most[item] = value;
    }
  }

  result(): Statistics {
    return {
      count: Array.from(this.#count),
      mean: Array.from(this.#mean),
      standardDeviation: Array.from(this.#squares, (squares, i) => Math.sqrt(squares / this.#count[i])),
      min: Array.from(this.#min),
      max: Array.from(this.#max),
    };
  }
}
