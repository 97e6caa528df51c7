import type { Dataset, FeatureRun, SourceWindow, WindowMemory, WindowSource } from '@lockstep/core';

/** Rows in shared memory, from which windows are copied. */
interface ArrayRows {
  readonly features: Float32Array;
  readonly labels: Int32Array | Float32Array;
  readonly sampleWeights: Float32Array;
}

const CHUNK_ROWS = 7;
/** More than rows take, so that windows of 1 MiB have 14 of them. */
const ROW_BYTES = 75_000;

/** Arrays as a dataset with windows, in two runs where rows have two features: float64 and float32 numbers. */
export function windowsOverArrays(
  rows: Omit<ArrayRows, 'sampleWeights'>,
  width: number,
  weights?: Float32Array,
): Dataset {
  const count = rows.features.length / width;
  const shared: ArrayRows = {
    features: share(rows.features),
    labels: share(rows.labels),
    sampleWeights: share(weights ?? new Float32Array(count).fill(1)),
  };
  const first = Math.ceil(width / 2);
  const plain = { subtract: 0, factor: 1 };
  const runs: readonly FeatureRun[] = [
    { kind: 'float64', width: first, ...plain },
    ...(width > first ? [{ kind: 'float32', width: width - first, ...plain } as const] : []),
  ];
  const chunkRows = Array.from({ length: Math.ceil(count / CHUNK_ROWS) }, (_, i) =>
    Math.min(CHUNK_ROWS, count - i * CHUNK_ROWS),
  );
  return {
    rows: count,
    ...{ featureShape: [width], chunkRows, windowBytesPerRow: ROW_BYTES, fingerprint: 'windows over arrays' },
    label: { width: rows.labels.length / count, integer: rows.labels instanceof Int32Array },
    windows: { runs, overheadBytes: 0, decodes: false },
    source: { module: import.meta.url, options: { ...shared, width } },
  };
}

function share<A extends Float32Array | Int32Array>(values: A): A {
  const create = values.constructor as new (buffer: SharedArrayBuffer) => A;
  const copy = new create(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}

export function openSource(options: ArrayRows & { readonly width: number }): WindowSource {
  return { openWindow: (chunks, memory) => openWindow(options, chunks, memory), close: () => undefined };
}

function openWindow(
  { features, labels, sampleWeights, width }: ArrayRows & { readonly width: number },
  chunks: readonly number[],
  { buffer, byteOffset }: WindowMemory,
): SourceWindow {
  const total = sampleWeights.length;
  const rowsOf = (chunk: number): number[] =>
    Array.from({ length: Math.min(CHUNK_ROWS, total - chunk * CHUNK_ROWS) }, (_, i) => chunk * CHUNK_ROWS + i);
  const window = chunks.flatMap(rowsOf);
  const first = Math.ceil(width / 2);
  const second = Math.ceil((byteOffset + window.length * first * 8) / 64) * 64;
  const doubles = new Float64Array(buffer, byteOffset, window.length * first);
  const singles = new Float32Array(buffer, second, window.length * (width - first));
  const labelWidth = labels.length / total;
  return {
    starts: width > first ? [byteOffset, second] : [byteOffset],
    loadChunk(index) {
      let row = chunks.slice(0, index).reduce((sum, chunk) => sum + rowsOf(chunk).length, 0);
      for (const own of rowsOf(chunks[index])) {
        const numbers = features.subarray(own * width, (own + 1) * width);
        doubles.set(numbers.subarray(0, first), row * first);
        singles.set(numbers.subarray(first), row * (width - first));
        row++;
      }
    },
    copyLabels(batch, at, rows, from, count) {
      const into = batch.labelKind === 'classIndex' ? batch.classLabels : batch.valueLabels;
      for (let i = 0; i < count; i++) {
        const own = window[rows[from + i]];
        for (let j = 0; j < labelWidth; j++) into[(at + i) * labelWidth + j] = labels[own * labelWidth + j];
        batch.sampleWeights[at + i] = sampleWeights[own];
      }
    },
    describeRow: (row) => `row ${window[row]}`,
  };
}
