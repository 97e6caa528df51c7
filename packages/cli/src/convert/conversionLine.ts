import { formatBytes, formatCount, formatSeconds, type ProgressStream } from '@lockstep/core';
import { printable } from '../printable.ts';

/** Milliseconds between two drawings of the line on a terminal, and between two lines elsewhere. */
const REDRAW_EVERY = 100;
const LINE_EVERY = 30_000;
const BAR_WIDTH = 20;

/**
 * `data.csv ━━━━━━━━━━            1.2 of 2.4 GiB  95 MB/s  1,234,000 rows  12 s left`: redrawn on a terminal; elsewhere, and only
 * if it takes long, a line without the bar now and then.
 */
export class ConversionLine {
  readonly #stream: ProgressStream;
  readonly #name: string;
  readonly #wanted: boolean;
  readonly #terminal: boolean;
  readonly #now: () => number;
  readonly #started: number;
  #drawn: number;

  constructor(stream: ProgressStream, name: string, wanted: boolean, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#name = printable(name);
    this.#wanted = wanted;
    this.#terminal = stream.isTTY === true;
    this.#now = now;
    this.#started = now();
    this.#drawn = this.#terminal ? -Infinity : this.#started;
  }

  /** Bytes read, of how many, and rows written. */
  show(done: number, total: number, rows: number): void {
    const now = this.#now();
    if (!this.#wanted || now - this.#drawn < (this.#terminal ? REDRAW_EVERY : LINE_EVERY)) return;
    this.#drawn = now;
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const seconds = Math.max(1, now - this.#started) / 1000;
    const left = share === 0 ? Infinity : (seconds * (1 - share)) / share;
    const facts = [
      `${formatBytes(done)} of ${formatBytes(total)}`,
      `${Math.round(done / 1e6 / seconds)} MB/s`,
      `${formatCount(rows)} rows`,
      `${formatSeconds(left)} left`,
    ].join('  ');
    if (!this.#terminal) {
      this.#stream.write(`${this.#name}  ${facts}\n`);
      return;
    }
    const width = (this.#stream.columns ?? 80) - 1;
    const bar = '━'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH);
    // What there is no room for: a longer line would wrap, and the next redraw would leave its beginning behind.
    const candidates = [`${this.#name} ${bar} ${facts}`, `${this.#name}  ${facts}`, facts];
    const line = candidates.find((text) => text.length <= width) ?? facts.slice(0, width);
    this.#stream.write(`\r\x1b[2K${line}`);
  }

  print(text: string): void {
    this.clear();
    this.#stream.write(`${text}\n`);
  }

  clear(): void {
    if (this.#terminal && this.#wanted) this.#stream.write('\r\x1b[2K');
  }
}
