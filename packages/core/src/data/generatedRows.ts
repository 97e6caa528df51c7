import { LockstepError } from '../errors.ts';
import {
  asBatch,
  copyRows,
  type GeneratedBatch,
  type GeneratedRow,
  type RowFormat,
  type RowRoom,
  type SizedBatch,
} from './generatedBatch.ts';
import { kindOf } from './numbers.ts';
import { userFailed } from './userFunction.ts';

/**
 * Makes the rows of an epoch (epochs count from 0), in the order in which they are read. The same epoch must be the same rows: it is
 * asked for again where a run goes on.
 */
export type RowGenerator = (epoch: number) => RowIterable | Promise<RowIterable>;
export type RowIterable = Iterable<GeneratedRow | GeneratedBatch> | AsyncIterable<GeneratedRow | GeneratedBatch>;

/** Where rows come from, one after the other. */
export interface RowSupply {
  /**
   * Writes the next rows to row `at` and following of `room`: at least one and at most `count`, as many as come in a moment.
   * Returns how many; a promise where they have to be waited for.
   */
  read(room: RowRoom, at: number, count: number): number | Promise<number>;
  /** Nothing more is wanted. */
  close(): void;
}

/** Resolves when the event loop has turned. */
export function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Longest stretch of asking a generator for rows, in milliseconds; then whoever asks may let the event loop turn. */
const STRETCH_MILLISECONDS = 4;

/**
 * The rows of one epoch of a generator, checked, as numbers. It is called when the first row is read. `read` throws DATASET_FAILED
 * for what the generator throws, INVALID_DATA and SHAPE_MISMATCH for rows that are none, INVALID_DATA where it ends.
 */
export class GeneratedRows implements RowSupply {
  readonly #generator: RowGenerator;
  readonly #format: RowFormat;
  readonly #epoch: number;
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | null = null;
  /** What was yielded last, of which row `#taken` comes next; null when all of it is taken. */
  #batch: SizedBatch | null = null;
  #taken = 0;
  /** Rows that were handed out. */
  #row = 0;
  #ended = false;

  constructor(generator: RowGenerator, format: RowFormat, epoch: number) {
    this.#generator = generator;
    this.#format = format;
    this.#epoch = epoch;
  }

  read(room: RowRoom, at: number, count: number): number | Promise<number> {
    const since = performance.now();
    if (this.#iterator !== null) return this.#readOn(room, at, count, 0, since);
    return this.#begin().then(() => this.#readOn(room, at, count, 0, since));
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#batch = null;
    // What it throws on its way out concerns no row any more.
    const ignore = (): void => {};
    try {
      void Promise.resolve(this.#iterator?.return?.()).catch(ignore);
    } catch {
      ignore();
    }
  }

  async #begin(): Promise<void> {
    const place = this.#call();
    let rows: unknown;
    try {
      rows = await this.#generator(this.#epoch);
    } catch (cause) {
      throw userFailed(place, 'the generator to begin', cause);
    }
    const iterable = (typeof rows === 'object' && rows !== null ? rows : {}) as Readonly<Record<symbol, unknown>>;
    const iterate = iterable[Symbol.asyncIterator] ?? iterable[Symbol.iterator];
    if (typeof iterate !== 'function') {
      throw new LockstepError('INVALID_DATA', {
        ...{ place, expected: 'rows, one after the other', received: kindOf(rows) },
        advice: 'Write: function* (epoch) { … yield { features, label }; }, or async function*.',
      });
    }
    this.#iterator = iterate.call(iterable) as Iterator<unknown> | AsyncIterator<unknown>;
    // It was closed while it began.
    if (this.#ended) await this.#iterator.return?.();
  }

  #readOn(room: RowRoom, at: number, count: number, read: number, since: number): number | Promise<number> {
    let done = read;
    while (done < count) {
      const isLong = performance.now() - since >= STRETCH_MILLISECONDS;
      if (isLong && done > 0) break;
      if (this.#batch === null) {
        // It may yield empty batches for ever.
        if (isLong) return turnOfLoop().then(() => this.#readOn(room, at, count, 0, performance.now()));
        const next = this.#next();
        if (next instanceof Promise) {
          return next.then((result) => {
            this.#take(result);
            return this.#readOn(room, at, count, done, since);
          });
        }
        this.#take(next);
      }
      done += this.#copy(room, at + done, count - done);
    }
    return done;
  }

  #next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>> {
    // Who closed it waits for nothing more.
    if (this.#ended || this.#iterator === null) return { done: true, value: undefined };
    const fail = (cause: unknown): never => {
      this.#ended = true;
      throw userFailed(this.#placeOf(this.#row), 'the generator to yield the row', cause);
    };
    try {
      const next = this.#iterator.next();
      return next instanceof Promise ? next.catch(fail) : next;
    } catch (cause) {
      return fail(cause);
    }
  }

  #take({ done, value }: IteratorResult<unknown>): void {
    if (done === true) {
      this.#ended = true;
      throw new LockstepError('INVALID_DATA', {
        ...{ place: this.#call(), expected: `${this.#format.rows} rows`, received: `only ${this.#row}` },
        advice: 'Every epoch has as many rows as `rows` says.',
      });
    }
    const batch = asBatch(value, this.#format, this.#placeOf(this.#row));
    this.#batch = batch.rows === 0 ? null : batch;
    this.#taken = 0;
  }

  #copy(room: RowRoom, at: number, count: number): number {
    const batch = this.#batch;
    if (batch === null) return 0;
    const rows = Math.min(count, batch.rows - this.#taken);
    const first = this.#row - this.#taken;
    copyRows(batch, this.#taken, room, at, rows, this.#format, (row) => this.#placeOf(first + row));
    this.#row += rows;
    this.#taken += rows;
    if (this.#taken === batch.rows) this.#batch = null;
    return rows;
  }

  /** Of the generator, as it is called. */
  #call(): string {
    return `${this.#format.name}, epoch ${this.#epoch}`;
  }

  #placeOf(row: number): string {
    return `${this.#call()}, row ${row}`;
  }
}
