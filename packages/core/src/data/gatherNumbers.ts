/**
 * The loops that turn numbers of a window into float32 features, for readers without kernels; they leave the same bits (NaN apart,
 * which stays NaN).
 *
 * One function per type, although all look the same: V8 keeps type feedback per function, and a loop that has met several kinds
 * of typed array is several times slower for each of them. `(value - subtract) * factor` is a double that is rounded once, by
 * the store into the Float32Array.
 */
import type { FeatureRun, NumberKind } from './dataset.ts';
import { halfTable } from './half.ts';
import type { NumberViews } from './numberViews.ts';

/** Bytes of a number of each kind. */
export const NUMBER_BYTES: Readonly<Record<NumberKind, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float16: 2,
  float32: 4,
  float64: 8,
};

/** Bytes of a row of numbers. */
export function rowBytesOf({ kind, width }: Pick<FeatureRun, 'kind' | 'width'>): number {
  return width * NUMBER_BYTES[kind];
}

/**
 * What to gather. One such object is kept and filled again for every call, so that a call allocates nothing. All positions and
 * strides count elements.
 */
export interface GatherJob {
  views: NumberViews;
  /** Row r begins at `start + r × width`. */
  start: number;
  readonly width: number;
  /** [width] each. */
  readonly subtract: Float64Array;
  readonly factor: Float64Array;
  /** Rows `rows[from]` to `rows[from + count - 1]`. */
  rows: Uint32Array;
  from: number;
  count: number;
  out: Float32Array;
  /** Row i of them becomes `width` features from `outStart + i × outStride` on. */
  outStart: number;
  outStride: number;
}

export const GATHER: Readonly<Record<NumberKind, (job: GatherJob) => void>> = {
  uint8: gatherUint8,
  int8: gatherInt8,
  uint16: gatherUint16,
  int16: gatherInt16,
  uint32: gatherUint32,
  int32: gatherInt32,
  uint64: gatherUint64,
  int64: gatherInt64,
  float16: gatherFloat16,
  float32: gatherFloat32,
  float64: gatherFloat64,
};

/** A job without rows yet. */
export function newGatherJob(views: NumberViews, subtract: Float64Array, factor: Float64Array): GatherJob {
  const [rows, out] = [new Uint32Array(0), new Float32Array(0)];
  const { length: width } = subtract;
  return { views, start: 0, width, subtract, factor, rows, from: 0, count: 0, out, outStart: 0, outStride: width };
}

function gatherUint8(job: GatherJob): void {
  const { start, width, subtract, factor, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.uint8;
  for (let i = 0; i < count; i++) {
    const at = start + rows[from + i] * width;
    const to = outStart + i * outStride;
    for (let j = 0; j < width; j++) out[to + j] = (source[at + j] - subtract[j]) * factor[j];
  }
}

function gatherInt8(job: GatherJob): void {
  const { start, width, subtract, factor, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.int8;
  for (let i = 0; i < count; i++) {
    const at = start + rows[from + i] * width;
    const to = outStart + i * outStride;
    for (let j = 0; j < width; j++) out[to + j] = (source[at + j] - subtract[j]) * factor[j];
  }
}

function gatherUint16(job: GatherJob): void {
  const { start, width, subtract, factor, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.uint16;
  for (let i = 0; i < count; i++) {
    const at = start + rows[from + i] * width;
    const to = outStart + i * outStride;
    for (let j = 0; j < width; j++) out[to + j] = (source[at + j] - subtract[j]) * factor[j];
  }
}

function gatherInt16(job: GatherJob): void {
  const { start, width, subtract, factor, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.int16;
  for (let i = 0; i < count; i++) {
    const at = start + rows[from + i] * width;
    const to = outStart + i * outStride;
    for (let j = 0; j < width; j++) out[to + j] = (source[at + j] - subtract[j]) * factor[j];
  }
}

function gatherUint32(job: GatherJob): void {
  const { start, width, subtract, factor, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.uint32;
  for (let i = 0; i < count; i++) {
    const at = start + rows[from + i] * width;
    const to = outStart + i * outStride;
    for (let j = 0; j < width; j++) out[to + j] = (source[at + j] - subtract[j]) * factor[j];
  }
}

function gatherInt32(job: GatherJob): void {
  const { start, width, subtract, factor, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.int32;
  for (let i = 0; i < count; i++) {
    const at = start + rows[from + i] * width;
    const to = outStart + i * outStride;
    for (let j = 0; j < width; j++) out[to + j] = (source[at + j] - subtract[j]) * factor[j];
  }
}

function gatherFloat32(job: GatherJob): void {
  const { start, width, subtract, factor, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.float32;
  for (let i = 0; i < count; i++) {
    const at = start + rows[from + i] * width;
    const to = outStart + i * outStride;
    for (let j = 0; j < width; j++) out[to + j] = (source[at + j] - subtract[j]) * factor[j];
  }
}

function gatherFloat64(job: GatherJob): void {
  const { start, width, subtract, factor, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.float64;
  for (let i = 0; i < count; i++) {
    const at = start + rows[from + i] * width;
    const to = outStart + i * outStride;
    for (let j = 0; j < width; j++) out[to + j] = (source[at + j] - subtract[j]) * factor[j];
  }
}

function gatherFloat16(job: GatherJob): void {
  const { start, width, subtract, factor, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.uint16;
  const values = halfTable();
  for (let i = 0; i < count; i++) {
    const at = start + rows[from + i] * width;
    const to = outStart + i * outStride;
    for (let j = 0; j < width; j++) out[to + j] = (values[source[at + j]] - subtract[j]) * factor[j];
  }
}

/**
 * As two 32-bit words, because every read of a BigInt64Array allocates a BigInt. `high × 2^32` is exact, so the sum is rounded
 * once, to what `Number(bigint)` gives.
 */
function gatherUint64(job: GatherJob): void {
  const { start, width, subtract, factor, rows, from, count, out, outStart, outStride } = job;
  const words = job.views.uint32;
  for (let i = 0; i < count; i++) {
    const at = 2 * (start + rows[from + i] * width);
    const to = outStart + i * outStride;
    for (let j = 0; j < width; j++) {
      const value = words[at + 2 * j + 1] * 4_294_967_296 + words[at + 2 * j];
      out[to + j] = (value - subtract[j]) * factor[j];
    }
  }
}

function gatherInt64(job: GatherJob): void {
  const { start, width, subtract, factor, rows, from, count, out, outStart, outStride } = job;
  const { int32: high, uint32: low } = job.views;
  for (let i = 0; i < count; i++) {
    const at = 2 * (start + rows[from + i] * width);
    const to = outStart + i * outStride;
    for (let j = 0; j < width; j++) {
      const value = high[at + 2 * j + 1] * 4_294_967_296 + low[at + 2 * j];
      out[to + j] = (value - subtract[j]) * factor[j];
    }
  }
}
