import type { Plan } from '../plan/plan.ts';
import { THREAD } from '../plan/words.ts';
import { controlWords, readerLine } from './arena.ts';
import { sleepWhileIn, wake, WORD } from './control.ts';
import type { RunWindow } from './runWindows.ts';

/** A window that is to be loaded, as readers are told of it. */
export interface WindowJob extends Pick<RunWindow, 'training' | 'epoch' | 'window'> {
  readonly slot: number;
}

/**
 * Who else loads chunks of windows: of each, the chunk at `index` is for reader `index mod count`, and reader 0 is the loader
 * itself. Nobody claims anything, so that a reader which is replaced just does its share of the window in progress again.
 */
export interface Readers {
  readonly count: number;
  /** Whether all have loaded their share of the last window. */
  done(): boolean;
  /** The next window. Only when all are done. */
  begin(job: WindowJob): void;
  /** Sleeps until all are done. */
  waitFor(): void;
  /** Which of them could not load their share of the last window, and say so by being done. Only when all are done. */
  missed(): readonly number[];
}

/** The readers of a run, as the loader sees them. */
export class ReaderThreads implements Readers {
  readonly count: number;
  readonly #control: Int32Array;
  readonly #lines: readonly Int32Array[];

  constructor(plan: Plan, buffer: ArrayBufferLike) {
    this.count = plan.windows?.readers ?? 1;
    this.#control = controlWords(buffer, plan);
    this.#lines = Array.from({ length: this.count - 1 }, (_, i) => readerLine(buffer, plan, i + 1));
  }

  done(): boolean {
    const job = Atomics.load(this.#control, WORD.windowJob);
    return this.#lines.every((line) => Atomics.load(line, THREAD.loaded) === job);
  }

  begin({ slot, training, epoch, window }: WindowJob): void {
    if (this.count === 1) return;
    const control = this.#control;
    for (const [i, value] of [slot, training ? 1 : 0, epoch, window].entries()) {
      Atomics.store(control, WORD.windowJob + 1 + i, value);
    }
    Atomics.add(control, WORD.windowJob, 1);
    wake(control, WORD.windowJob);
  }

  waitFor(): void {
    const job = Atomics.load(this.#control, WORD.windowJob);
    for (const line of this.#lines) {
      for (let seen = loadedBy(line); seen !== job; seen = loadedBy(line)) {
        sleepWhileIn(this.#control, line, THREAD.loaded, seen);
      }
    }
  }

  missed(): readonly number[] {
    const job = Atomics.load(this.#control, WORD.windowJob);
    return this.#lines.flatMap((line, i) => (Atomics.load(line, THREAD.missed) === job ? [i + 1] : []));
  }
}

function loadedBy(line: Int32Array): number {
  return Atomics.load(line, THREAD.loaded);
}
