/** How far a conversion is, from those who read and from those who write. */

/** Told the bytes of the input that have been read, how many it has, and the rows that have been written. */
export type OnProgress = (done: number, total: number, rows: number) => void;

export class Progress {
  readonly #tell: OnProgress | undefined;
  #done = 0;
  #total = 0;
  #rows = 0;

  constructor(tell: OnProgress | undefined) {
    this.#tell = tell;
  }

  /** `done` bytes of `total` have been read. */
  read(done: number, total: number): void {
    this.#done = done;
    this.#total = total;
    this.#tell?.(this.#done, this.#total, this.#rows);
  }

  /** `rows` more have been written. */
  wrote(rows: number): void {
    this.#rows += rows;
    this.#tell?.(this.#done, this.#total, this.#rows);
  }
}
