/**
 * The loops that turn stored numbers into float32 features: the hot path of the loader.
 *
 * One function per type, although all look the same: V8 keeps type feedback per function, and a loop that has met
 * several kinds of typed array is several times slower for each of them. Single values have a loop of their own, which
 * is worth a factor of 1.6 when scalar columns are turned into rows. `value * scale` is a double that is rounded
 * once, by the store into the Float32Array.
 */
import type { NumberKind } from '../layout/types.ts';
import { halfTable } from './half.ts';
import type { WindowViews } from './views.ts';

/**
 * What to copy. One such object per column is kept and filled again for every call, so that a call allocates nothing.
 * All positions and strides count elements.
 */
export interface CopyJob {
  views: WindowViews;
  /** Window row r begins at `start + r × stride`. */
  start: number;
  stride: number;
  /** Values of a row that are copied. */
  width: number;
  scale: number;
  /** Window rows `rows[from]` to `rows[from + count − 1]`. */
  rows: Uint32Array;
  from: number;
  count: number;
  out: Float32Array;
  outStart: number;
  outStride: number;
}

export const COPY: Readonly<Record<NumberKind, (job: CopyJob) => void>> = {
  uint8: copyUint8,
  int8: copyInt8,
  uint16: copyUint16,
  int16: copyInt16,
  uint32: copyUint32,
  int32: copyInt32,
  float32: copyFloat32,
  float64: copyFloat64,
  uint64: copyUint64,
  int64: copyInt64,
  float16: copyFloat16,
};

function copyUint8(job: CopyJob): void {
  const { start, stride, width, scale, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.uint8;
  if (width === 1) {
    for (let i = 0; i < count; i++) out[outStart + i * outStride] = source[start + rows[from + i] * stride] * scale;
    return;
  }
  for (let i = 0; i < count; i++) {
    let at = start + rows[from + i] * stride;
    let to = outStart + i * outStride;
    for (const end = to + width; to < end; to++) out[to] = source[at++] * scale;
  }
}

function copyInt8(job: CopyJob): void {
  const { start, stride, width, scale, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.int8;
  if (width === 1) {
    for (let i = 0; i < count; i++) out[outStart + i * outStride] = source[start + rows[from + i] * stride] * scale;
    return;
  }
  for (let i = 0; i < count; i++) {
    let at = start + rows[from + i] * stride;
    let to = outStart + i * outStride;
    for (const end = to + width; to < end; to++) out[to] = source[at++] * scale;
  }
}

function copyUint16(job: CopyJob): void {
  const { start, stride, width, scale, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.uint16;
  if (width === 1) {
    for (let i = 0; i < count; i++) out[outStart + i * outStride] = source[start + rows[from + i] * stride] * scale;
    return;
  }
  for (let i = 0; i < count; i++) {
    let at = start + rows[from + i] * stride;
    let to = outStart + i * outStride;
    for (const end = to + width; to < end; to++) out[to] = source[at++] * scale;
  }
}

function copyInt16(job: CopyJob): void {
  const { start, stride, width, scale, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.int16;
  if (width === 1) {
    for (let i = 0; i < count; i++) out[outStart + i * outStride] = source[start + rows[from + i] * stride] * scale;
    return;
  }
  for (let i = 0; i < count; i++) {
    let at = start + rows[from + i] * stride;
    let to = outStart + i * outStride;
    for (const end = to + width; to < end; to++) out[to] = source[at++] * scale;
  }
}

function copyUint32(job: CopyJob): void {
  const { start, stride, width, scale, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.uint32;
  if (width === 1) {
    for (let i = 0; i < count; i++) out[outStart + i * outStride] = source[start + rows[from + i] * stride] * scale;
    return;
  }
  for (let i = 0; i < count; i++) {
    let at = start + rows[from + i] * stride;
    let to = outStart + i * outStride;
    for (const end = to + width; to < end; to++) out[to] = source[at++] * scale;
  }
}

function copyInt32(job: CopyJob): void {
  const { start, stride, width, scale, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.int32;
  if (width === 1) {
    for (let i = 0; i < count; i++) out[outStart + i * outStride] = source[start + rows[from + i] * stride] * scale;
    return;
  }
  for (let i = 0; i < count; i++) {
    let at = start + rows[from + i] * stride;
    let to = outStart + i * outStride;
    for (const end = to + width; to < end; to++) out[to] = source[at++] * scale;
  }
}

function copyFloat32(job: CopyJob): void {
  const { start, stride, width, scale, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.float32;
  if (width === 1) {
    for (let i = 0; i < count; i++) out[outStart + i * outStride] = source[start + rows[from + i] * stride] * scale;
    return;
  }
  for (let i = 0; i < count; i++) {
    let at = start + rows[from + i] * stride;
    let to = outStart + i * outStride;
    for (const end = to + width; to < end; to++) out[to] = source[at++] * scale;
  }
}

function copyFloat64(job: CopyJob): void {
  const { start, stride, width, scale, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.float64;
  if (width === 1) {
    for (let i = 0; i < count; i++) out[outStart + i * outStride] = source[start + rows[from + i] * stride] * scale;
    return;
  }
  for (let i = 0; i < count; i++) {
    let at = start + rows[from + i] * stride;
    let to = outStart + i * outStride;
    for (const end = to + width; to < end; to++) out[to] = source[at++] * scale;
  }
}

/**
 * As two 32-bit words, because every read of a BigInt64Array allocates a BigInt. `high × 2^32` is exact, so the sum is
 * rounded once, to what `Number(bigint)` gives.
 */
function copyUint64(job: CopyJob): void {
  const { start, stride, width, scale, rows, from, count, out, outStart, outStride } = job;
  const words = job.views.uint32;
  if (width === 1) {
    for (let i = 0; i < count; i++) {
      const at = 2 * (start + rows[from + i] * stride);
      out[outStart + i * outStride] = (words[at + 1] * 4_294_967_296 + words[at]) * scale;
    }
    return;
  }
  for (let i = 0; i < count; i++) {
    let at = 2 * (start + rows[from + i] * stride);
    let to = outStart + i * outStride;
    for (const end = to + width; to < end; to++, at += 2) {
      out[to] = (words[at + 1] * 4_294_967_296 + words[at]) * scale;
    }
  }
}

function copyInt64(job: CopyJob): void {
  const { start, stride, width, scale, rows, from, count, out, outStart, outStride } = job;
  const words = job.views.uint32;
  if (width === 1) {
    for (let i = 0; i < count; i++) {
      const at = 2 * (start + rows[from + i] * stride);
      out[outStart + i * outStride] = ((words[at + 1] | 0) * 4_294_967_296 + words[at]) * scale;
    }
    return;
  }
  for (let i = 0; i < count; i++) {
    let at = 2 * (start + rows[from + i] * stride);
    let to = outStart + i * outStride;
    for (const end = to + width; to < end; to++, at += 2) {
      out[to] = ((words[at + 1] | 0) * 4_294_967_296 + words[at]) * scale;
    }
  }
}

function copyFloat16(job: CopyJob): void {
  const { start, stride, width, scale, rows, from, count, out, outStart, outStride } = job;
  const source = job.views.uint16;
  const values = halfTable();
  if (width === 1) {
    for (let i = 0; i < count; i++)
      out[outStart + i * outStride] = values[source[start + rows[from + i] * stride]] * scale;
    return;
  }
  for (let i = 0; i < count; i++) {
    let at = start + rows[from + i] * stride;
    let to = outStart + i * outStride;
    for (const end = to + width; to < end; to++) out[to] = values[source[at++]] * scale;
  }
}
