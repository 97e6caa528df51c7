import { describeFailure, type Failure, restoreFailure } from '../failure.ts';
import type { RowFormat, RowRoom } from './generatedBatch.ts';
import { type RowSupply, turnOfLoop } from './generatedRows.ts';

/**
 * A ring of rows in shared memory, between the thread that has a generator and the one that reads: of one epoch, from some row on.
 * Both sides wait by `Atomics.waitAsync`, so that either may be a thread whose event loop must turn, and both may be the same.
 */

/** The words that both share; each is written by one side only. Counts of rows wrap at 2^32. */
const WORD = {
  /** Writer: rows written, and one of STATE. */
  written: 0,
  state: 1,
  /** Writer: bytes of the failure's text. */
  failureBytes: 2,
  /** Writer: counts changes of the above, for the reader to wait on. */
  told: 3,
  /** Reader: rows read, 1 when it wants no more, and how often these have changed. On a cache line of their own. */
  read: 16,
  closed: 17,
  asked: 18,
} as const;
const HEADER_BYTES = 128;

const STATE = { open: 0, failed: 1 } as const;

/** Room for a failure as JSON; and most letters of each of its seven texts where it needs more: of 6 bytes each, at most. */
const FAILURE_BYTES = 16 * 1024;
const TEXT_LETTERS = 350;

/** What the ring may hold, and with it what is asked of a generator ahead of its reader. */
const RING_BYTES = 256 * 1024;
const RING_ROWS = 1024;

/** How long a side sleeps before it looks again: a lost wake-up costs this much, never a hang. */
const WAIT_MILLISECONDS = 250;

abstract class RingSide {
  protected readonly words: Int32Array;
  protected readonly room: RowRoom;
  protected readonly failure: Uint8Array;
  /** Rows that there is room for. */
  protected readonly rows: number;
  /** Row of the ring where this side goes on. */
  protected at = 0;

  constructor(buffer: SharedArrayBuffer, format: RowFormat) {
    this.rows = ringRows(format);
    this.words = new Int32Array(buffer, 0, HEADER_BYTES / 4);
    this.failure = new Uint8Array(buffer, HEADER_BYTES, FAILURE_BYTES);
    this.room = roomIn(buffer, HEADER_BYTES + FAILURE_BYTES, this.rows, format);
  }

  /** Rows that are written and not read. */
  protected filled(): number {
    return (Atomics.load(this.words, WORD.written) - Atomics.load(this.words, WORD.read)) | 0;
  }

  protected advance(rows: number): void {
    this.at = (this.at + rows) % this.rows;
  }

  /** Tells the other side of a change. */
  protected signal(word: typeof WORD.told | typeof WORD.asked): void {
    Atomics.add(this.words, word, 1);
    Atomics.notify(this.words, word);
  }

  /** Waits until the other side tells of a change after `seen`, or for a moment. */
  protected async changed(word: typeof WORD.told | typeof WORD.asked, seen: number): Promise<void> {
    await Atomics.waitAsync(this.words, word, seen, WAIT_MILLISECONDS).value;
  }
}

/** The side of the generator's thread. Its waits keep no process alive. */
export class RingWriter extends RingSide {
  #finished = false;

  get closed(): boolean {
    return Atomics.load(this.words, WORD.closed) === 1;
  }

  /** As the reader's `close`, when the reader's thread is gone. */
  close(): void {
    Atomics.store(this.words, WORD.closed, 1);
    this.signal(WORD.asked);
  }

  /** All is written. */
  finish(): void {
    this.#finished = true;
  }

  /** Resolves when nothing more is wanted, or written. */
  async whenClosed(): Promise<void> {
    while (!this.#finished) {
      const seen = Atomics.load(this.words, WORD.asked);
      if (this.closed) return;
      await this.changed(WORD.asked, seen);
    }
  }

  /** Takes rows from a supply, `most` of them, until the ring is closed: as many as there is room for, and not one more. */
  async pump(supply: RowSupply, most: number): Promise<void> {
    for (let left = most; left > 0 && !this.closed;) {
      const seen = Atomics.load(this.words, WORD.asked);
      const free = Math.min(this.rows - this.filled(), this.rows - this.at, left);
      if (free === 0) {
        if (!this.closed) await this.changed(WORD.asked, seen);
        continue;
      }
      const rows = await supply.read(this.room, this.at, free);
      this.advance(rows);
      left -= rows;
      Atomics.add(this.words, WORD.written, rows);
      this.signal(WORD.told);
      await turnOfLoop();
    }
  }

  fail(error: unknown): void {
    const text = textOf(describeFailure(error));
    this.failure.set(text);
    Atomics.store(this.words, WORD.failureBytes, text.length);
    Atomics.store(this.words, WORD.state, STATE.failed);
    this.signal(WORD.told);
  }
}

/** The side of the thread that reads. */
export class RingReader extends RingSide implements RowSupply {
  read(room: RowRoom, at: number, count: number): number | Promise<number> {
    const rows = Math.min(this.filled(), this.rows - this.at, count);
    if (rows === 0) return this.#readLater(room, at, count);
    copyRoom(this.room, this.at, room, at, rows);
    this.advance(rows);
    Atomics.add(this.words, WORD.read, rows);
    this.signal(WORD.asked);
    return rows;
  }

  close(): void {
    Atomics.store(this.words, WORD.closed, 1);
    this.signal(WORD.asked);
  }

  async #readLater(room: RowRoom, at: number, count: number): Promise<number> {
    // A wait by itself keeps no process alive, and somebody waits for these rows.
    const alive = setInterval(() => {}, 2 ** 30);
    try {
      for (;;) {
        const seen = Atomics.load(this.words, WORD.told);
        if (this.filled() > 0) return await this.read(room, at, count);
        // Rows that came before a failure are read first.
        if (Atomics.load(this.words, WORD.state) === STATE.failed) throw this.#failure();
        await this.changed(WORD.told, seen);
      }
    } finally {
      clearInterval(alive);
    }
  }

  #failure(): Error {
    const text = this.failure.slice(0, Atomics.load(this.words, WORD.failureBytes));
    return restoreFailure(JSON.parse(new TextDecoder().decode(text)) as Failure);
  }
}

/** Memory for a ring. */
export function newRing(format: RowFormat): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + FAILURE_BYTES + ringRows(format) * bytesPerRow(format));
}

export function newRoom(format: RowFormat, rows: number): RowRoom {
  return roomIn(new ArrayBuffer(rows * bytesPerRow(format)), 0, rows, format);
}

export function bytesPerRow({ featureWidth, labelWidth }: Pick<RowFormat, 'featureWidth' | 'labelWidth'>): number {
  return 4 * (featureWidth + labelWidth + 1);
}

function ringRows(format: RowFormat): number {
  return Math.max(1, Math.min(RING_ROWS, format.rows, Math.floor(RING_BYTES / bytesPerRow(format))));
}

function roomIn(buffer: ArrayBufferLike, begin: number, rows: number, format: RowFormat): RowRoom {
  const { featureWidth, labelWidth, integer } = format;
  const labels = begin + rows * featureWidth * 4;
  return {
    features: new Float32Array(buffer, begin, rows * featureWidth),
    labels: integer
      ? new Int32Array(buffer, labels, rows * labelWidth)
      : new Float32Array(buffer, labels, rows * labelWidth),
    weights: new Float32Array(buffer, labels + rows * labelWidth * 4, rows),
  };
}

function copyRoom(from: RowRoom, fromRow: number, to: RowRoom, toRow: number, rows: number): void {
  for (const name of ['features', 'labels', 'weights'] as const) {
    const width = from[name].length / from.weights.length;
    to[name].set(from[name].subarray(fromRow * width, (fromRow + rows) * width), toRow * width);
  }
}

function textOf(failure: Failure): Uint8Array {
  const encoder = new TextEncoder();
  const text = encoder.encode(JSON.stringify(failure));
  if (text.length <= FAILURE_BYTES) return text;
  const shorten = (part: string): string => part.slice(0, TEXT_LETTERS);
  const { name, message, lockstep } = failure;
  const details =
    lockstep === null
      ? null
      : Object.fromEntries(Object.entries(lockstep.details).map(([key, value]) => [key, shorten(String(value))]));
  const short = {
    name: shorten(name),
    message: shorten(message),
    lockstep: lockstep && { code: lockstep.code, details },
  };
  return encoder.encode(JSON.stringify(short));
}
