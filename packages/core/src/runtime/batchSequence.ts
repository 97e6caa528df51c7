import type { KernelTable } from '@lockstep/kernels/thread';
import { BatchFiller, type FillerOptions } from '../data/batchFiller.ts';
import { openWindowSource } from '../data/openSource.ts';
import { type SlotViews, slotViews } from './batchSlots.ts';
import type { Readers } from './readers.ts';
import { windowsOfRun } from './runWindows.ts';
import { type ScheduleCursor, trainStepsOf } from './schedule.ts';
import type { LoadSources, RunDescription } from './tasks.ts';
import { WindowGather } from './windowGather.ts';
import { WindowReader } from './windowReader.ts';
import { type Releases, type WindowPart, WindowRing } from './windowRing.ts';

/** What it takes to read windows, in a run that has some. */
export interface RunWindows {
  readonly functions: KernelTable;
  /** See WindowRingOptions. */
  readonly releases: Releases | null;
  readonly readers: Readers | null;
  readonly onChunk: () => void;
}

interface Parts<Part> {
  readonly train: Part | null;
  readonly evaluation: Part | null;
}

/** The fillers of a run, asked for one batch of the sequence after another. */
export class BatchSequence {
  readonly #run: RunDescription;
  readonly #sources: LoadSources;
  readonly #windows: RunWindows | null;
  /** Datasets with windows; the others have fillers from the beginning. */
  readonly #parts: Parts<WindowPart>;
  readonly #views: readonly SlotViews[];
  #fillers: Parts<BatchFiller>;
  #ring: WindowRing | null = null;
  /** Whether the fillers stand where the next batch begins. */
  #placed = false;

  private constructor(
    run: RunDescription,
    sources: LoadSources,
    windows: RunWindows | null,
    parts: Parts<WindowPart>,
    fillers: Parts<BatchFiller>,
  ) {
    this.#run = run;
    this.#sources = sources;
    this.#windows = windows;
    this.#parts = parts;
    this.#fillers = fillers;
    this.#views = slotViews(run.memory.buffer, run.plan.slots, run.plan.batchSize);
  }

  /** `windows`: not null where the plan has windows. */
  static async open(run: RunDescription, sources: LoadSources, windows: RunWindows | null): Promise<BatchSequence> {
    const opened: { close(): void }[] = [];
    const open = async (name: 'train' | 'evaluation'): Promise<[WindowPart | null, BatchFiller | null]> => {
      const options = sources[name];
      if (options === null) return [null, null];
      const part = windows === null ? null : await openPart(run, name, options, windows.functions);
      const filler = part === null ? await BatchFiller.open(options) : null;
      opened.push(...[part?.source ?? [], filler ?? []].flat());
      return [part, filler];
    };
    try {
      const [[train, trainFiller], [evaluation, evaluationFiller]] = [await open('train'), await open('evaluation')];
      const fillers = { train: trainFiller, evaluation: evaluationFiller };
      return new BatchSequence(run, sources, windows, { train, evaluation }, fillers);
    } catch (error) {
      for (const source of opened) source.close();
      throw error;
    }
  }

  /**
   * Fills the batch at the cursor into a slot and returns its rows; a promise only when a source has to be waited for. The first
   * cursor may stand anywhere, the following ones where the one before was moved to. `forThreads`: the features of parallel
   * datasets are left to the threads. Those of windows always are left to whoever computes the rows.
   */
  fill(cursor: ScheduleCursor, slot: number, forThreads: boolean): number | Promise<number> {
    const { epoch, position, sequence } = cursor;
    if (!this.#placed && this.#windows !== null) this.#openRing(this.#windows, cursor);
    this.#ring?.beginBatch(sequence, slot);
    const trainSteps = trainStepsOf(this.#run.schedule, epoch);
    const part = cursor.training ? 'train' : 'evaluation';
    const filler = this.#fillers[part];
    if (filler === null) throw new Error(`the schedule asks for batch ${sequence}, which has no dataset`);
    const inPart = cursor.training ? position : position - trainSteps;
    if (inPart === 0 || !this.#placed) filler.startEpoch(epoch, inPart * this.#run.plan.batchSize);
    this.#placed = true;
    const batch = this.#views[slot];
    const byNumber = this.#parts[part] !== null || (forThreads && filler.parallel);
    return filler.fill(batch, byNumber ? batch.rowNumbers : null);
  }

  /** Loads a piece of a window that batches will need, if there is one to be loaded now: see WindowRing. */
  loadAhead(): boolean | Promise<boolean> {
    return this.#ring?.loadAhead() ?? false;
  }

  close(): void {
    for (const part of ['train', 'evaluation'] as const) (this.#fillers[part] ?? this.#parts[part]?.source)?.close();
  }

  #openRing({ releases, readers, onChunk }: RunWindows, cursor: ScheduleCursor): void {
    const { plan, schedule, memory } = this.#run;
    const { train, evaluation } = this.#parts;
    const orders = { train: train?.order ?? null, evaluation: evaluation?.order ?? null };
    const { epoch, position, sequence } = cursor;
    const windows = windowsOfRun(schedule, plan.batchSize, orders, { epoch, position });
    const ring = new WindowRing(
      { plan, buffer: memory.buffer, train, evaluation, releases, readers, onChunk },
      ...([windows, sequence] as const),
    );
    const fillerOf = (part: 'train' | 'evaluation'): BatchFiller | null => {
      const options = this.#sources[part];
      const own = this.#parts[part];
      if (options === null || own === null) return this.#fillers[part];
      return new BatchFiller(options, new WindowReader(ring, part === 'train', own.source));
    };
    this.#ring = ring;
    this.#fillers = { train: fillerOf('train'), evaluation: fillerOf('evaluation') };
  }
}

async function openPart(
  { plan, memory }: RunDescription,
  name: 'train' | 'evaluation',
  { dataset, order }: FillerOptions,
  functions: KernelTable,
): Promise<WindowPart | null> {
  const source = await openWindowSource(dataset);
  const gather = WindowGather.of(plan, name, functions, memory.buffer);
  return source === null || gather === null ? null : { source, order, gather };
}
