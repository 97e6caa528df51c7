import { type BatchSource, type BatchViews, LockstepError, type SourceLocation } from '@lockstep/core';

/** What goes wrong in the source, and at which row of it. */
export interface FaultySourceOptions {
  readonly fault:
    | 'none'
    | 'throws on open'
    | 'throws at a row'
    | 'label out of range at a row'
    | 'NaN at a row'
    | 'raises a LockstepError at a row'
    | 'hangs at a row'
    /** From a timer that is set when the loader has nothing more to do. */
    | 'throws after its end, outside the task';
  readonly row: number;
  readonly width: number;
  /** How often it goes wrong at most, in all threads together; only with `counts`. */
  readonly times?: number;
  /** In shared memory: how often the source was opened, and how often something went wrong, see COUNT. */
  readonly counts?: Int32Array;
}

export const COUNT = { opened: 0, wrong: 1 } as const;

export function sharedCounts(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(8));
}

/** A dataset of class labels 0 and 1 whose source breaks as told. Its module is this file, as users' modules are theirs. */
export function faultySource(options: FaultySourceOptions): SourceLocation {
  return { module: import.meta.url, options };
}

export function openSource(options: FaultySourceOptions): BatchSource {
  const { fault, row: faultyRow, width, counts, times = Infinity } = options;
  const goesWrong = (): boolean => counts === undefined || Atomics.add(counts, COUNT.wrong, 1) < times;
  if (counts !== undefined) Atomics.add(counts, COUNT.opened, 1);
  if (fault === 'throws on open' && goesWrong()) throw new RangeError('no such table');
  /** The current window's only row: breakingRun.ts makes a window of each. */
  let row = 0;
  return {
    loadWindow([chunk]) {
      row = chunk;
      const hangs = fault === 'hangs at a row' && row === faultyRow && goesWrong();
      return hangs ? new Promise(() => undefined) : undefined;
    },
    copyRows(batch: BatchViews, at) {
      const faulty = fault.endsWith('at a row') && fault !== 'hangs at a row' && row === faultyRow && goesWrong();
      if (faulty && fault === 'throws at a row') throw new RangeError(`row ${row} is torn`);
      if (faulty && fault === 'raises a LockstepError at a row') {
        throw new LockstepError('INVALID_DATA', {
          ...{ place: `faulty table, row ${row}`, expected: 'a number', received: 'text', advice: 'Mend it.' },
        });
      }
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
