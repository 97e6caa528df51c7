import type { ParallelSource } from './dataset.ts';

/** What tensorDataset hands to its source: shared memory, so that nothing is copied between threads. */
export interface TensorSourceOptions {
  readonly name: string;
  readonly featureWidth: number;
  readonly labelWidth: number;
  readonly features: Float32Array;
  readonly labels: Int32Array | Float32Array;
  readonly sampleWeights: Float32Array | null;
}

/** Rows from arrays in memory. The one window is the whole data. `pieceBytes` is for tests. */
export function openSource(options: TensorSourceOptions, pieceBytes: number = PIECE_BYTES): ParallelSource {
  const { name, featureWidth, labelWidth, labels, sampleWeights } = options;
  const copyFeatures = featureWidth < WIDE ? narrowCopier(options) : wideCopier(options, pieceBytes);
  const copyAllLabels: ParallelSource['copyLabels'] = (batch, at, rows, from, count) => {
    const labelTarget = batch.labelKind === 'classIndex' ? batch.classLabels : batch.valueLabels;
    copyLabels(labelTarget, at, labels, labelWidth, rows, from, count);
    const weights = batch.sampleWeights;
    if (sampleWeights === null) for (let i = 0; i < count; i++) weights[at + i] = 1;
    else for (let i = 0; i < count; i++) weights[at + i] = sampleWeights[rows[from + i]];
  };
  return {
    loadWindow() {},
    copyRows(batch, at, rows, from, count) {
      copyFeatures(batch.features, at, rows, from, count);
      copyAllLabels(batch, at, rows, from, count);
    },
    copyLabels: copyAllLabels,
    // The one window is the whole dataset, so window rows are the dataset's.
    copyFeatures: (batch, at, rows, from, count) => copyFeatures(batch.features, at, rows, from, count),
    describeRow: (row) => `${name}, row ${row}`,
    close() {},
  };
}

/** Copies rows[from … from + count) of the data to rows `at` and following of a batch, without allocating. */
type RowCopier = (batch: Float32Array, at: number, rows: Uint32Array, from: number, count: number) => void;

/** Features from which on a call into native code for every row is faster than a loop. */
const WIDE = 192;

function narrowCopier({ features, featureWidth }: TensorSourceOptions): RowCopier {
  const inFours = featureWidth - (featureWidth % 4);
  return (batch, at, rows, from, count) => {
    for (let i = 0; i < count; i++) {
      let row = rows[from + i] * featureWidth;
      let to = (at + i) * featureWidth;
      const end = to + featureWidth;
      for (const lastFour = to + inFours; to < lastFour; to += 4, row += 4) {
        batch[to] = features[row];
        batch[to + 1] = features[row + 1];
        batch[to + 2] = features[row + 2];
        batch[to + 3] = features[row + 3];
      }
      while (to < end) batch[to++] = features[row++];
    }
  };
}

/** `Buffer.copy` computes with offsets of 32 bits (Node 24): from 4 GiB on it would copy other rows without a word. */
const PIECE_BYTES = 2 ** 30;

/** `Buffer.copy` is a memcpy, and takes ranges: `set` would need a new view for every row. */
function wideCopier({ features, featureWidth }: TensorSourceOptions, pieceBytes: number): RowCopier {
  const rowBytes = featureWidth * 4;
  const pieceRows = Math.max(1, Math.floor(pieceBytes / rowBytes));
  const pieces: Buffer[] = [];
  for (let at = 0; at < features.length; at += pieceRows * featureWidth) {
    pieces.push(asBuffer(features.subarray(at, at + pieceRows * featureWidth)));
  }
  // A batch lies in WebAssembly memory, which ends at 4 GiB: its offsets need no pieces.
  const targets = new Map<Float32Array, Buffer>();
  return (batch, at, rows, from, count) => {
    let target = targets.get(batch);
    if (target === undefined) targets.set(batch, (target = asBuffer(batch)));
    for (let i = 0; i < count; i++) {
      const piece = Math.floor(rows[from + i] / pieceRows);
      const row = rows[from + i] - piece * pieceRows;
      pieces[piece].copy(target, (at + i) * rowBytes, row * rowBytes, (row + 1) * rowBytes);
    }
  };
}

function asBuffer({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

type Labels = Float32Array | Int32Array;

function copyLabels(
  target: Labels,
  at: number,
  labels: Labels,
  width: number,
  rows: Uint32Array,
  from: number,
  count: number,
): void {
  let to = at * width;
  for (let i = 0; i < count; i++) {
    const begin = rows[from + i] * width;
    for (let value = 0; value < width; value++) target[to++] = labels[begin + value];
  }
}
