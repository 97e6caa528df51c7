import { THREAD } from '../plan/words.ts';

/**
 * What a thread notes while it changes a block in place, in its line of words, so that whoever replaces it can go on in the
 * middle. `begin` resets the kernels' own progress and names the block; a block is in progress from then until the caller
 * has marked it as done.
 *
 * The order of the stores matters at every point where a thread can end, which are V8's interrupt checks. A block is
 * recognised by its mark alone, so the mark comes last: before it stands there, nothing has been changed.
 */
export class Journal {
  readonly #line: Int32Array;

  constructor(line: Int32Array) {
    this.#line = line;
  }

  begin(block: number, mark: number): void {
    const line = this.#line;
    line[THREAD.kept] = 0;
    line[THREAD.updated] = 0;
    line[THREAD.averaged] = 0;
    line[THREAD.block] = block;
    line[THREAD.blockMark] = mark;
  }

  /** The block that was begun last in the phase of this mark; -1 when none was. */
  last(mark: number): number {
    return this.#line[THREAD.blockMark] === mark ? this.#line[THREAD.block] : -1;
  }
}
