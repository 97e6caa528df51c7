import { formatBytes, type ProgressStream } from '@lockstep/core';

/** Milliseconds between two drawings of the line. */
const REDRAW_EVERY = 100;
const BAR_WIDTH = 20;

/** `data.csv ━━━━━━━━━━            45 %  1.2 GiB  95 MB/s`, redrawn on a terminal; nothing elsewhere. */
export class ConversionLine {
  readonly #stream: ProgressStream;
  readonly #name: string;
  readonly #terminal: boolean;
  readonly #started: number = performance.now();
  #drawn = 0;

  constructor(stream: ProgressStream, name: string, wanted: boolean) {
    this.#stream = stream;
    this.#name = name;
    this.#terminal = wanted && stream.isTTY === true;
  }

  show(done: number, total: number): void {
    const now = performance.now();
    if (!this.#terminal || now - this.#drawn < REDRAW_EVERY) return;
    this.#drawn = now;
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const filled = Math.round(share * BAR_WIDTH);
    const bar = '━'.repeat(filled).padEnd(BAR_WIDTH);
    const rate = Math.round(done / 1000 / Math.max(1, now - this.#started));
    const line = `${this.#name} ${bar} ${Math.floor(share * 100)} %  ${formatBytes(done)}  ${rate} MB/s`;
    // A longer line would wrap, and the next redraw would leave its beginning behind.
    this.#stream.write(`\r\x1b[2K${line.slice(0, (this.#stream.columns ?? 80) - 1)}`);
  }

  print(text: string): void {
    this.clear();
    this.#stream.write(`${text}\n`);
  }

  clear(): void {
    if (this.#terminal) this.#stream.write('\r\x1b[2K');
  }
}
