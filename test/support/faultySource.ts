import type { BatchSource, BatchViews, SourceLocation } from '@lockstep/core';

/** What goes wrong in the source, and at which row of it. */
export interface FaultySourceOptions {
  readonly fault:
    | 'none'
    | 'throws on open'
    | 'throws at a row'
    | 'label out of range at a row'
    | 'NaN at a row'
    | 'hangs at a row'
    /** From a timer that is set when the loader has nothing more to do. */
    | 'throws after its end, outside the task';
  readonly row: number;
  readonly width: number;
}

/** A dataset of class labels 0 and 1 whose source breaks as told. Its module is this file, as users' modules are theirs. */
export function faultySource(options: FaultySourceOptions): SourceLocation {
  return { module: import.meta.url, options };
}

export function openSource({ fault, row: faultyRow, width }: FaultySourceOptions): BatchSource {
  if (fault === 'throws on open') throw new RangeError('no such table');
  /** The current window's only row: breakingRun.ts makes a window of each. */
  let row = 0;
  return {
    loadWindow([chunk]) {
      row = chunk;
      return fault === 'hangs at a row' && row === faultyRow ? new Promise(() => undefined) : undefined;
    },
    copyRows(batch: BatchViews, at) {
      const faulty = row === faultyRow;
      if (faulty && fault === 'throws at a row') throw new RangeError(`row ${row} is torn`);
      for (let j = 0; j < width; j++) batch.features[at * width + j] = Math.sin(row * width + j);
      if (faulty && fault === 'NaN at a row') batch.features[at * width] = NaN;
      batch.classLabels[at] = faulty && fault === 'label out of range at a row' ? 2 : row % 2;
      batch.sampleWeights[at] = 1;
    },
    describeRow: () => `faulty table, row ${row}`,
    close() {
      if (fault !== 'throws after its end, outside the task') return;
      setTimeout(() => {
        throw new RangeError('late');
      });
    },
  };
}
