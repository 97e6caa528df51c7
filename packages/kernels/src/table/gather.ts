/**
 * out [count, width] = features of `count` rows of numbers [·, width] of one kind, little-endian: float32((number - subtract) ×
 * factor), computed in float64 and rounded once. Strides are bytes from row to row; `source` and its stride are multiples of a
 * number's bytes. `rows` [count] are uint32, whose lower 28 bits are the number of a row of `source`; the others are the
 * caller's. `subtract` and `factor` are float64 [width] where `perItem` is 1, and one float64 each where it is 0. A NaN stays
 * one, with whatever bits. Behind the last row of `source`, and behind `subtract` and `factor` [width], 28 bytes more must lie
 * in the memory: they are read and not used.
 */
export type Gather = (
  out: number,
  outStride: number,
  source: number,
  sourceStride: number,
  rows: number,
  count: number,
  width: number,
  subtract: number,
  factor: number,
  perItem: number,
) => void;

/** Features of rows that lie in a window of data, for each kind of numbers. */
export interface GatherKernels {
  gatherUint8: Gather;
  gatherInt8: Gather;
  gatherUint16: Gather;
  gatherInt16: Gather;
  gatherUint32: Gather;
  gatherInt32: Gather;
  /** Numbers are rounded to float64 first, to the nearest, as `Number` does with a bigint; likewise int64. */
  gatherUint64: Gather;
  gatherInt64: Gather;
  gatherFloat16: Gather;
  gatherFloat32: Gather;
  gatherFloat64: Gather;
}
