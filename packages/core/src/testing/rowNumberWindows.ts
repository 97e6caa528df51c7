import type { Dataset, SourceWindow, WindowMemory, WindowSource } from '../data/dataset.ts';

/** Rows whose one feature and one label are their number in the dataset. */
export interface RowNumberOptions {
  readonly chunkRows: readonly number[];
  /** Whether chunks are waited for. */
  readonly waits: boolean;
  /** [chunks] How often each was loaded. */
  readonly loads: Int32Array;
}

const ROW_BYTES = 4;

export function rowNumberWindows(options: RowNumberOptions): Dataset {
  const { chunkRows } = options;
  return {
    rows: chunkRows.reduce((sum, rows) => sum + rows, 0),
    ...{ featureShape: [1], label: { width: 1, integer: false }, chunkRows, windowBytesPerRow: ROW_BYTES },
    fingerprint: 'row numbers',
    windows: {
      runs: [{ kind: 'uint32', width: 1, subtract: 0, factor: 1 }],
      ...{ overheadBytes: 0, decodes: false },
    },
    source: { module: import.meta.url, options },
  };
}

export function openSource({ chunkRows, waits, loads }: RowNumberOptions): WindowSource {
  const starts = chunkRows.map((_, chunk) => chunkRows.slice(0, chunk).reduce((sum, rows) => sum + rows, 0));
  const openWindow = (chunks: readonly number[], { buffer, byteOffset }: WindowMemory): SourceWindow => {
    const numbers = chunks.flatMap((chunk) => Array.from({ length: chunkRows[chunk] }, (_, i) => starts[chunk] + i));
    const memory = new Uint32Array(buffer, byteOffset, numbers.length);
    const load = (index: number): void => {
      const first = chunks.slice(0, index).reduce((sum, chunk) => sum + chunkRows[chunk], 0);
      memory.set(numbers.slice(first, first + chunkRows[chunks[index]]), first);
      loads[chunks[index]]++;
    };
    return {
      starts: [byteOffset],
      loadChunk: (index) => (waits ? Promise.resolve().then(() => load(index)) : load(index)),
      copyLabels(batch, at, rows, from, count) {
        for (let i = 0; i < count; i++) batch.valueLabels[at + i] = numbers[rows[from + i]];
        batch.sampleWeights.fill(1, at, at + count);
      },
      describeRow: (row) => `row ${numbers[row]}`,
    };
  };
  return { openWindow, close: () => undefined };
}
