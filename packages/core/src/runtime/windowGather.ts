import type { KernelTable } from '@lockstep/kernels/thread';
import type { SourceWindow, WindowMemory } from '../data/dataset.ts';
import { checkWindow } from '../data/windowCheck.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlannedRun } from '../plan/windows.ts';
import { ROW_NUMBER } from '../plan/words.ts';
import { slotViews } from './batchSlots.ts';
import type { RowGather } from './featureSources.ts';

/** Bytes of a batch that several runs write before the next rows: a part of a first-level cache. */
const TILE_BYTES = 16 * 1024;

type GatherKernel = (
  ...[out, outStride, source, sourceStride, rows, count, width, subtract, factor, perItem]: readonly number[]
) => void;

interface BoundRun extends PlannedRun {
  readonly gather: GatherKernel;
  /** Where its features lie in a row of the batch, in bytes. */
  readonly offset: number;
}

/**
 * Gathers features from windows into batches, for one of the datasets: the rows that a thread is about to compute come into its
 * own cache. Written again and again they are the same, as windows stay until their batches are done with. Allocates nothing.
 */
export class WindowGather implements RowGather {
  readonly #plan: Plan;
  readonly #runs: readonly BoundRun[];
  /** As int32, which WebAssembly takes for what they are. */
  readonly #addresses: Int32Array;
  readonly #runsOfSlot: number;
  readonly #numbers: readonly Int32Array[];
  readonly #rowBytes: number;
  readonly #tileRows: number;

  private constructor(plan: Plan, runs: readonly PlannedRun[], kernels: KernelTable, buffer: ArrayBufferLike) {
    const windows = plan.windows!;
    const functions = kernels as unknown as Readonly<Record<string, GatherKernel>>;
    let offset = 0;
    this.#plan = plan;
    this.#runs = runs.map((run) => {
      const bound = { ...run, gather: functions[run.kernel], offset };
      offset += run.width * 4;
      return bound;
    });
    this.#addresses = new Int32Array(buffer, windows.table, windows.slots * windows.runs);
    this.#runsOfSlot = windows.runs;
    this.#numbers = slotViews(buffer, plan.slots, plan.batchSize).map(
      ({ rowNumbers }) => new Int32Array(buffer, rowNumbers.byteOffset, rowNumbers.length),
    );
    this.#rowBytes = plan.slots.featureWidth * 4;
    this.#tileRows = runs.length === 1 ? plan.batchSize : Math.max(8, Math.floor(TILE_BYTES / this.#rowBytes));
  }

  /** null for a dataset without windows. */
  static of(
    plan: Plan,
    part: 'train' | 'evaluation',
    kernels: KernelTable,
    buffer: ArrayBufferLike,
  ): WindowGather | null {
    const runs = plan.windows?.[part] ?? null;
    return runs === null ? null : new WindowGather(plan, runs, kernels, buffer);
  }

  gather(slot: number, start: number, rows: number): void {
    const numbers = this.#numbers[slot];
    const end = start + rows;
    for (let at = start; at < end;) {
      const window = numbers[at] >>> ROW_NUMBER.slotShift;
      let next = at + 1;
      while (next < end && numbers[next] >>> ROW_NUMBER.slotShift === window) next++;
      if (window !== ROW_NUMBER.gathered) this.#gatherFrom(window, slot, at, next);
      at = next;
    }
  }

  /** Gathers the first `rows` of a batch and marks them so: their windows are needed no more. */
  settle(slot: number, rows: number): void {
    this.gather(slot, 0, rows);
    this.#numbers[slot].fill(ROW_NUMBER.gathered << ROW_NUMBER.slotShift, 0, rows);
  }

  /** Throws INVALID_DATA where a window of so many rows cannot be gathered from. */
  check(window: SourceWindow, rows: number, memory: WindowMemory): void {
    const rowBytes = this.#runs.map((run) => run.rowBytes);
    checkWindow(window, rows, rowBytes, memory, 2 ** ROW_NUMBER.slotShift);
  }

  /** Rows [begin, end) of a batch, all in one window. */
  #gatherFrom(window: number, slot: number, begin: number, end: number): void {
    const { slots } = this.#plan;
    const batch = (slots.address + slot * slots.bytes) | 0;
    const firstRun = window * this.#runsOfSlot;
    for (let at = begin; at < end; at += this.#tileRows) {
      const count = Math.min(this.#tileRows, end - at);
      const out = (batch + slots.features + at * this.#rowBytes) | 0;
      const rows = (batch + slots.rowNumbers + at * 4) | 0;
      for (let i = 0; i < this.#runs.length; i++) {
        const { gather, offset, rowBytes, width, subtract, factor, perItem } = this.#runs[i];
        const source = this.#addresses[firstRun + i];
        // oxfmt-ignore
        gather(
          out + offset, this.#rowBytes, source, rowBytes, rows, count, width, subtract, factor, perItem ? 1 : 0,
        );
      }
    }
  }
}
