import type { WindowSource } from '../data/dataset.ts';
import type { EpochWindow, RowReader } from '../data/rowReader.ts';
import type { WindowRing } from './windowRing.ts';

/** The windows of one dataset, as its `BatchFiller` takes them. */
export class WindowReader implements RowReader {
  readonly parallel = true;
  readonly #ring: WindowRing;
  readonly #training: boolean;
  readonly #source: WindowSource;

  constructor(ring: WindowRing, training: boolean, source: WindowSource) {
    this.#ring = ring;
    this.#training = training;
    this.#source = source;
  }

  /** What windows hold depends on their chunks alone. */
  startEpoch(): void {}

  enter(window: EpochWindow, filled: number): Uint32Array | Promise<Uint32Array> {
    return this.#ring.enter(this.#training, window, filled);
  }

  copy(...[batch, rowNumbers, at, rows, from, count]: Parameters<RowReader['copy']>): void {
    if (rowNumbers === null) throw new Error('rows of windows are gathered by their numbers');
    this.#ring.copy(batch, rowNumbers, at, rows, from, count);
  }

  describeRow(row: number): string {
    return this.#ring.describeRow(row);
  }

  close(): void {
    this.#ring.close();
    this.#source.close();
  }
}
