import type { KernelTable } from '@lockstep/kernels/thread';
import type { ParallelSource } from '../data/dataset.ts';
import { openParallelSource } from '../data/openSource.ts';
import { type SlotViews, slotViews } from './batchSlots.ts';
import { knownOrBroken } from './stepErrors.ts';
import type { ParallelSources, RunDescription } from './tasks.ts';

/** Brings the features of rows of a batch, by their row numbers, into its slot. Allocates nothing. */
export interface RowGather {
  gather(slot: number, start: number, rows: number): void;
}

/** What a compute thread gathers features from, for datasets that are parallel or have windows; null for others. */
export class FeatureSources {
  readonly train: RowGather | null;
  readonly evaluation: RowGather | null;
  readonly #opened: readonly ParallelSource[];

  private constructor(train: RowGather | null, evaluation: RowGather | null, opened: readonly ParallelSource[]) {
    this.train = train;
    this.evaluation = evaluation;
    this.#opened = opened;
  }

  /** Throws LOADER_FAILED: the loader opens the same source, and whichever fails first says the same. */
  static async open(run: RunDescription, sources: ParallelSources, functions: KernelTable): Promise<FeatureSources> {
    const { plan, memory } = run;
    const opened: ParallelSource[] = [];
    const views = slotViews(memory.buffer, plan.slots, plan.batchSize);
    const open = async (part: 'train' | 'evaluation'): Promise<RowGather | null> => {
      if (plan.windows?.[part]) {
        // Imported where there are windows, so that other runs start without it.
        return (await import('./windowGather.ts')).WindowGather.of(plan, part, functions, memory.buffer);
      }
      const location = sources[part];
      const source = location === null ? null : await openParallelSource({ source: location });
      if (source === null) return null;
      opened.push(source);
      return new ParallelGather(source, views);
    };
    try {
      return new FeatureSources(await open('train'), await open('evaluation'), opened);
    } catch (error) {
      for (const source of opened) source.close();
      throw knownOrBroken('loader', 'opening a source of features', error);
    }
  }

  close(): void {
    for (const source of this.#opened) source.close();
  }
}

class ParallelGather implements RowGather {
  readonly #source: ParallelSource;
  readonly #views: readonly SlotViews[];

  constructor(source: ParallelSource, views: readonly SlotViews[]) {
    this.#source = source;
    this.#views = views;
  }

  gather(slot: number, start: number, rows: number): void {
    const view = this.#views[slot];
    this.#source.copyFeatures(view, start, view.rowNumbers, start, rows);
  }
}
