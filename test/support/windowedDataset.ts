import type {
  BatchViews,
  Dataset,
  FeatureRun,
  NumberKind,
  SourceWindow,
  WindowMemory,
  WindowSource,
} from '@lockstep/core';
import { LockstepError, tensorDataset } from '@lockstep/core';

/** What the windows of a dataset hold, and how they are read. Its numbers are computed from their rows. */
export interface Windowed {
  readonly chunkRows: readonly number[];
  /** Default: some of several kinds, see `RUNS`. */
  readonly runs?: readonly FeatureRun[];
  /** Whether chunks are waited for. */
  readonly waits?: boolean;
  readonly sequential?: boolean;
  /** Bytes that a row is said to take in a window, more than it does: so windows have few rows. */
  readonly rowBytes?: number;
  /** In shared memory, [chunks]: how often each was loaded. */
  readonly loads?: Int32Array;
  /** What goes wrong with a chunk, and how often; `wrong` counts, in shared memory. */
  readonly fault?: {
    readonly chunk: number;
    readonly kind: 'throws' | 'damaged' | 'hangs' | 'label';
    readonly times: number;
    readonly wrong: Int32Array;
  };
}

/** Bits whose bytes are no multiple of anything, normalized in all ways. */
export const RUNS: readonly FeatureRun[] = [
  { kind: 'uint8', width: 3, subtract: 0, factor: 1 / 255 },
  { kind: 'float32', width: 2, subtract: [0.25, -0.5], factor: [1.5, 0.75] },
  { kind: 'int16', width: 1, subtract: 3, factor: [1 / 64] },
  { kind: 'float64', width: 1, subtract: 0.125, factor: 1 },
];

export const WINDOWED_CLASSES = 3;

const BYTES: Partial<Record<NumberKind, number>> = { uint8: 1, int16: 2, float32: 4, float64: 8 };

const bytesOf = ({ kind, width }: FeatureRun): number => (BYTES[kind] ?? 0) * width;
const ALIGNMENT = 64;

/** The number of a row that is stored; whole ones for integers. */
function numberOf({ kind }: FeatureRun, run: number, row: number, i: number): number {
  const whole = (row * 37 + run * 11 + i * 101) % 251;
  if (kind === 'uint8') return whole;
  if (kind === 'int16') return whole - 125;
  return kind === 'float32' ? Math.fround(whole / 125 - 1.01) : whole / 125 - 1.01;
}

const at = (numbers: number | readonly number[], i: number): number =>
  typeof numbers === 'number' ? numbers : numbers[i];

const labelOf = (row: number): number => ((row * 7) >> 1) % WINDOWED_CLASSES;
const weightOf = (row: number): number => 1 + (row % 2);

export function windowedDataset(options: Windowed): Dataset {
  const { chunkRows, runs = RUNS, sequential = false } = options;
  return {
    rows: chunkRows.reduce((sum, rows) => sum + rows, 0),
    featureShape: [runs.reduce((sum, { width }) => sum + width, 0)],
    label: { width: 1, integer: true },
    chunkRows,
    windowBytesPerRow: options.rowBytes ?? runs.reduce((sum, run) => sum + bytesOf(run), 0),
    fingerprint: JSON.stringify(['windowed', chunkRows, runs]),
    sequential,
    windows: { runs, overheadBytes: runs.length * ALIGNMENT, decodes: true },
    source: { module: import.meta.url, options },
  };
}

/** The same rows as float32 in arrays, each number rounded once. */
export function windowedRows(rows: number, runs: readonly FeatureRun[] = RUNS): Dataset {
  const features = Array.from({ length: rows }, (_, row) =>
    runs.flatMap((run, r) =>
      Array.from({ length: run.width }, (__, i) =>
        Math.fround((numberOf(run, r, row, i) - at(run.subtract, i)) * at(run.factor, i)),
      ),
    ),
  ).flat();
  const labels = Array.from({ length: rows }, (_, row) => labelOf(row));
  const sampleWeights = labels.map((_, row) => weightOf(row));
  return tensorDataset({ features, labels, sampleWeights, featureShape: [features.length / rows] });
}

export function openSource(options: Windowed): WindowSource {
  return { openWindow: (chunks, memory) => new ComputedWindow(options, chunks, memory), close: () => undefined };
}

/** A window whose runs lie behind one another, each at a multiple of 64. */
class ComputedWindow implements SourceWindow {
  readonly starts: readonly number[];
  readonly #options: Windowed;
  readonly #chunks: readonly number[];
  readonly #buffer: ArrayBufferLike;
  /** The dataset's row of each row of the window. */
  readonly #rows: readonly number[];

  constructor(options: Windowed, chunks: readonly number[], { buffer, byteOffset, byteLength }: WindowMemory) {
    const { chunkRows, runs = RUNS } = options;
    const firstRow = (chunk: number): number => chunkRows.slice(0, chunk).reduce((sum, rows) => sum + rows, 0);
    this.#options = options;
    this.#chunks = chunks;
    this.#buffer = buffer;
    this.#rows = chunks.flatMap((chunk) => Array.from({ length: chunkRows[chunk] }, (_, i) => firstRow(chunk) + i));
    let end = byteOffset;
    this.starts = runs.map((run) => {
      const start = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
      end = start + this.#rows.length * bytesOf(run);
      return start;
    });
    if (end > byteOffset + byteLength) throw new RangeError('the window does not fit into its memory');
  }

  loadChunk(index: number): void | Promise<void> {
    const { waits = false, loads } = this.#options;
    const chunk = this.#chunks[index];
    if (loads !== undefined) Atomics.add(loads, chunk, 1);
    if (this.#goesWrong('throws', chunk)) throw new RangeError(`chunk ${chunk} is torn`);
    if (this.#goesWrong('damaged', chunk)) {
      const expected = 'a checksum of 1';
      throw new LockstepError('INVALID_DATA', { place: `chunk ${chunk}`, expected, received: '2', advice: '' });
    }
    if (this.#goesWrong('hangs', chunk)) return new Promise(() => undefined);
    if (!waits) return this.#write(index);
    return new Promise((resolve) => setImmediate(resolve)).then(() => this.#write(index));
  }

  copyLabels(batch: BatchViews, to: number, rows: Uint32Array, from: number, count: number): void {
    const labels = batch.labelKind === 'classIndex' ? batch.classLabels : batch.valueLabels;
    for (let i = 0; i < count; i++) {
      const row = this.#rows[rows[from + i]];
      labels[to + i] = labelOf(row);
      batch.sampleWeights[to + i] = weightOf(row);
    }
    const { fault } = this.#options;
    if (fault?.kind !== 'label' || !this.#chunks.includes(fault.chunk) || count === 0) return;
    if (this.#goesWrong('label', fault.chunk)) labels[to] = WINDOWED_CLASSES;
  }

  describeRow(row: number): string {
    return `windowed table, row ${this.#rows[row]}`;
  }

  #write(index: number): void {
    const { chunkRows, runs = RUNS } = this.#options;
    const first = this.#chunks.slice(0, index).reduce((sum, chunk) => sum + chunkRows[chunk], 0);
    const end = first + chunkRows[this.#chunks[index]];
    for (const [r, run] of runs.entries()) {
      const view = new DataView(this.#buffer, this.starts[r]);
      const size = bytesOf(run) / run.width;
      for (let row = first; row < end; row++) {
        for (let i = 0; i < run.width; i++) {
          const offset = (row * run.width + i) * size;
          const number = numberOf(run, r, this.#rows[row], i);
          if (run.kind === 'uint8') view.setUint8(offset, number);
          else if (run.kind === 'int16') view.setInt16(offset, number, true);
          else if (run.kind === 'float32') view.setFloat32(offset, number, true);
          else view.setFloat64(offset, number, true);
        }
      }
    }
  }

  #goesWrong(kind: string, chunk: number): boolean {
    const { fault } = this.#options;
    if (fault?.kind !== kind || fault.chunk !== chunk) return false;
    return Atomics.add(fault.wrong, 0, 1) < fault.times;
  }
}
