import type { BatchViews, SourceWindow, WindowSource } from '../data/dataset.ts';
import { type OrderOptions, rowsOfChunks, rowsOfWindow } from '../data/order.ts';
import type { EpochWindow } from '../data/rowReader.ts';
import type { Plan } from '../plan/plan.ts';
import { ROW_NUMBER } from '../plan/words.ts';
import { controlWords } from './arena.ts';
import { isBefore, WORD } from './control.ts';
import type { Readers } from './readers.ts';
import type { RunWindow } from './runWindows.ts';
import type { WindowGather } from './windowGather.ts';

/** One dataset with windows: who reads them, in which order, and what gathers from them. */
export interface WindowPart {
  readonly source: WindowSource;
  readonly order: OrderOptions;
  readonly gather: WindowGather;
}

export interface WindowRingOptions {
  readonly plan: Plan;
  readonly buffer: ArrayBufferLike;
  readonly train: WindowPart | null;
  readonly evaluation: WindowPart | null;
  /** How far batches are done with. Null in an inline run: all before the one that is filled. */
  readonly releases: Releases | null;
  /** Who else loads; null: nobody. */
  readonly readers: Readers | null;
  /** Called before each chunk that is loaded. */
  readonly onChunk: () => void;
}

/** What is known of batches that others work on. */
export interface Releases {
  /** How many are done with. */
  consumed(): number;
  /** Sleeps until that is at least `enough`. */
  waitFor(enough: number): void;
}

/** A window in a slot: being loaded, ready, or in use. */
interface HeldWindow {
  readonly planned: RunWindow;
  readonly slot: number;
  readonly window: SourceWindow;
  /** The chunk to be loaded next; others' between are left to them. */
  next: number;
  /** Of its rows; null until the chunks are there that this thread loads. */
  order: Uint32Array | null;
  /** Who of the others could not load their share. */
  missed: readonly number[];
  /** What went wrong when it was loaded ahead: told where its first batch would have been. */
  failure: { readonly error: unknown } | null;
}

/**
 * The window slots of a run, in the thread that loads: filled in the order of the run, over training, evaluation and epochs,
 * one chunk at a time, ahead of the batches that need them. A slot is filled anew when the last batch with rows in it is done
 * with; the words that say so (WORD.windowUsed) are shared, for whoever takes this thread's place.
 */
export class WindowRing {
  readonly #options: WindowRingOptions;
  readonly #used: Int32Array;
  readonly #table: Uint32Array;
  readonly #coming: HeldWindow[] = [];
  /** Memory of each slot for the order of its window's rows. */
  readonly #rooms: Uint32Array[];
  readonly #windows: Iterator<RunWindow, void>;
  #current: HeldWindow | null = null;
  /** The window that was begun last. */
  #begun: HeldWindow | null = null;
  #closed = false;
  /** The batch in progress. */
  #sequence: number;
  #slot = 0;

  /** `windows`: those of the run from batch `from` on, which is the first that this ring is asked for. */
  constructor(options: WindowRingOptions, windows: Iterator<RunWindow, void>, from: number) {
    const { plan, buffer } = options;
    const { slots, table, runs } = plan.windows!;
    this.#options = options;
    this.#windows = windows;
    this.#rooms = Array.from({ length: slots }, () => new Uint32Array(0));
    this.#sequence = from;
    this.#used = controlWords(buffer, plan).subarray(WORD.windowUsed, WORD.windowUsed + slots);
    this.#table = new Uint32Array(buffer, table, slots * runs);
    // A predecessor may have begun to fill batch `from`, which nobody has seen.
    for (const [slot, last] of this.#used.entries()) if (!isBefore(last, from)) this.#use(slot, from - 1);
  }

  /** The batch that is filled next, and its slot. */
  beginBatch(sequence: number, slot: number): void {
    this.#sequence = sequence;
    this.#slot = slot;
  }

  /** Does one piece of work for a window that is not needed yet. False when there is none: nothing to load, or no free slot. */
  loadAhead(): boolean | Promise<boolean> {
    const held = this.#coming.find(({ order }) => order === null) ?? (this.#othersDone() ? this.#openAhead() : null);
    if (held === null || held.failure !== null) return false;
    const failed = (error: unknown): boolean => {
      held.failure = { error };
      return true;
    };
    try {
      const loading = this.#load(held);
      return loading === undefined ? true : loading.then(() => true, failed);
    } catch (error) {
      return failed(error);
    }
  }

  /** The next window of the run becomes the current one; returns the order of its rows. */
  enter(training: boolean, wanted: EpochWindow, filled: number): Uint32Array | Promise<Uint32Array> {
    this.#current = null;
    const held = this.#coming.shift() ?? this.#openNow(training, filled);
    const { planned } = held ?? {};
    if (held === null || planned?.training !== training || planned.window !== wanted.window) {
      throw new Error(`window ${wanted.window} of epoch ${wanted.epoch} is not the next of the run`);
    }
    this.#current = held;
    const order = this.#finish(held);
    return order instanceof Promise ? order.then((own) => this.#withOthers(held, own)) : this.#withOthers(held, order);
  }

  /** Waits for what others load of a window. When another one has been begun, they are done with it. */
  #withOthers(held: HeldWindow, order: Uint32Array): Uint32Array | Promise<Uint32Array> {
    if (this.#begun === held) {
      this.#options.readers?.waitFor();
      this.#noteMissed();
    }
    const { missed, planned } = held;
    const count = this.#options.readers?.count ?? 1;
    const chunks = missed.length === 0 ? [] : [...planned.chunks.keys()].filter((i) => missed.includes(i % count));
    return this.#loadMissed(held, order, chunks, 0);
  }

  #noteMissed(): void {
    if (this.#begun !== null) this.#begun.missed = this.#options.readers?.missed() ?? [];
  }

  /** Chunks that others could not load, from one of them on: what is wrong with one is told now that its rows are due. */
  #loadMissed(
    held: HeldWindow,
    order: Uint32Array,
    chunks: readonly number[],
    from: number,
  ): Uint32Array | Promise<Uint32Array> {
    for (let i = from; i < chunks.length; i++) {
      const loading = this.#loadChunk(held, chunks[i]);
      if (loading !== undefined) return loading.then(() => this.#loadMissed(held, order, chunks, i + 1));
    }
    return order;
  }

  /** Labels and weights of rows of the current window, and the numbers by which threads find their features. */
  copy(batch: BatchViews, numbers: Uint32Array, at: number, rows: Uint32Array, from: number, count: number): void {
    const { window, slot } = this.#held();
    window.copyLabels(batch, at, rows, from, count);
    const { places } = window;
    const high = (slot << ROW_NUMBER.slotShift) >>> 0;
    if (places === undefined) for (let i = 0; i < count; i++) numbers[at + i] = high | rows[from + i];
    else for (let i = 0; i < count; i++) numbers[at + i] = high | places[rows[from + i]];
    this.#use(slot, this.#sequence);
  }

  describeRow(row: number): string {
    return this.#held().window.describeRow(row);
  }

  /** A window that is still being loaded is left as it is. */
  close(): void {
    this.#closed = true;
  }

  /** Loads what is missing of a window. */
  #finish(held: HeldWindow): Uint32Array | Promise<Uint32Array> {
    while (held.order === null) {
      if (held.failure !== null) throw held.failure.error;
      const loading = this.#load(held);
      if (loading !== undefined) return loading.then(() => this.#finish(held));
    }
    return held.order;
  }

  /** One chunk of a window; or the order of its rows, when all chunks are there. */
  #load(held: HeldWindow): void | Promise<void> {
    const { training, epoch, window, chunks } = held.planned;
    if (held.next >= chunks.length) {
      const order = rowsOfWindow(this.#part(training).order, epoch, window, chunks, this.#rooms[held.slot]);
      held.order = order;
      if (order.length > this.#rooms[held.slot].length) this.#rooms[held.slot] = order;
      return undefined;
    }
    const loading = this.#loadChunk(held, held.next);
    const share = this.#options.readers?.count ?? 1;
    if (loading === undefined) held.next += share;
    return loading?.then(() => void (held.next += share));
  }

  #loadChunk(held: HeldWindow, index: number): void | Promise<void> {
    // The slot's memory may be another's.
    if (this.#closed) throw new Error('the windows were closed');
    this.#options.onChunk();
    return held.window.loadChunk(index);
  }

  #openAhead(): HeldWindow | null {
    const slot = this.#freeSlot();
    const held = slot === null ? null : this.#open(slot);
    if (held !== null) this.#coming.push(held);
    return held;
  }

  /** The next window of the run, into a slot that nobody needs any more. Null at the end of the run. */
  #open(slot: number): HeldWindow | null {
    const next = this.#windows.next();
    if (next.done === true) return null;
    const planned = next.value;
    const { buffer, plan } = this.#options;
    const { address, bytes, runs } = plan.windows!;
    const memory = { buffer, byteOffset: address + slot * bytes, byteLength: bytes };
    const { source, order, gather } = this.#part(planned.training);
    const window = source.openWindow(planned.chunks, memory);
    gather.check(window, rowsOfChunks(order, planned.chunks), memory);
    this.#table.set(window.starts, slot * runs);
    this.#noteMissed();
    this.#options.readers?.begin({ ...planned, slot });
    this.#begun = { planned, slot, window, next: 0, order: null, missed: [], failure: null };
    return this.#begun;
  }

  #openNow(training: boolean, filled: number): HeldWindow | null {
    // A predecessor may have begun a window that others still load, wherever that is.
    this.#options.readers?.waitFor();
    return this.#open(this.#freeSlot() ?? this.#wonSlot(training, filled));
  }

  #othersDone(): boolean {
    return this.#options.readers?.done() ?? true;
  }

  /** A slot whose batches are done with, and that holds nothing to come. */
  #freeSlot(): number | null {
    const consumed = this.#consumed();
    const slot = this.#used.findIndex((_, index) => {
      const isHeld = this.#current?.slot === index || this.#coming.some((held) => held.slot === index);
      return !isHeld && isBefore(Atomics.load(this.#used, index), consumed);
    });
    return slot < 0 ? null : slot;
  }

  /**
   * A slot when none is free: the one that will be first. Where the batch in progress itself has rows in all of them, because it
   * is larger than they are together, these are gathered here: nobody else could before the batch is published.
   */
  #wonSlot(training: boolean, filled: number): number {
    const uses = Array.from(this.#used);
    if (uses.every((last) => last === (this.#sequence | 0))) {
      this.#part(training).gather.settle(this.#slot, filled);
      for (const slot of uses.keys()) this.#use(slot, this.#sequence - 1);
    }
    const first = this.#used.reduce((best, last, slot) => (isBefore(last, this.#used[best]) ? slot : best), 0);
    this.#options.releases?.waitFor((this.#used[first] + 1) | 0);
    return first;
  }

  #consumed(): number {
    return this.#options.releases?.consumed() ?? this.#sequence;
  }

  #use(slot: number, sequence: number): void {
    Atomics.store(this.#used, slot, sequence | 0);
  }

  #held(): HeldWindow {
    if (this.#current === null) throw new Error('no window is open');
    return this.#current;
  }

  #part(training: boolean): WindowPart {
    const part = training ? this.#options.train : this.#options.evaluation;
    if (part === null) throw new Error('the dataset has no windows');
    return part;
  }
}
