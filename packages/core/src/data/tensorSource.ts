import type { BatchSource, BatchViews } from './dataset.ts';

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
export function openSource(options: TensorSourceOptions, pieceBytes: number = PIECE_BYTES): BatchSource {
  const { name, featureWidth, labelWidth, labels, sampleWeights } = options;
  const copyFeatures = featureWidth < WIDE ? narrowCopier(options) : wideCopier(options, pieceBytes);
  return {
    loadWindow() {},
    copyRows(batch: BatchViews, at, rows, from, count) {
      const labelTarget = batch.labelKind === 'classIndex' ? batch.classLabels : batch.valueLabels;
      for (let i = 0; i < count; i++) {
        const row = rows[from + i];
        copyFeatures(batch.features, at + i, row);
        copyLabels(labelTarget, (at + i) * labelWidth, labels, row * labelWidth, labelWidth);
        batch.sampleWeights[at + i] = sampleWeights === null ? 1 : sampleWeights[row];
      }
    },
    describeRow: (row) => `${name}, row ${row}`,
    close() {},
  };
}

/** Copies row `from` of the data to row `to` of a batch, without allocating. */
type RowCopier = (batch: Float32Array, to: number, from: number) => void;

/** Features from which on a call into native code is faster than a loop. */
const WIDE = 32;

function narrowCopier({ features, featureWidth }: TensorSourceOptions): RowCopier {
  return (batch, to, from) => {
    for (let i = 0; i < featureWidth; i++) batch[to * featureWidth + i] = features[from * featureWidth + i];
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
  return (batch, to, from) => {
    let target = targets.get(batch);
    if (target === undefined) targets.set(batch, (target = asBuffer(batch)));
    const piece = Math.floor(from / pieceRows);
    const row = from - piece * pieceRows;
    pieces[piece].copy(target, to * rowBytes, row * rowBytes, (row + 1) * rowBytes);
  };
}

function asBuffer({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

type Labels = Float32Array | Int32Array;

function copyLabels(target: Labels, at: number, source: Labels, from: number, count: number): void {
  for (let i = 0; i < count; i++) target[at + i] = source[from + i];
}
