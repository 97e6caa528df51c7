// What becomes of the sums of a product, set for the length of one call. It would otherwise be passed through four functions
// and more than twenty arguments. Every thread has an instance of the module, and so globals, of its own.

import { PANEL_COLUMNS } from './panels';

/** Scratch: a row of zeros, where chains start; a tile for ragged edges; a row of ones, a mask; then the packed block of A. */
export const RAGGED_OFFSET: usize = 64;
const ONES_OFFSET: usize = 448;
export const BLOCK_OFFSET: usize = 512;

/** Least value where nothing is cut off. */
export const LOWEST: f32 = -Infinity;

export let tileColumns: i32 = 16;
/** Address and row stride of C, and of where unfinished sums of a longer k are kept. */
export let output: usize = 0;
export let outputRowStride: usize = 0;
export let partial: usize = 0;
/** Older sums to add, and the distance from one to the next. */
export let olderSums: i32 = 0;
export let olderStride: usize = 0;
/** Where chains start: as many numbers as columns, rounded up to whole panels; 0: at zero. */
export let chainStart: usize = 0;
export let leastValue: f32 = LOWEST;
/** 0: finished by adding and flooring. Else by masking: the packed copy, the mask (0: none) and its row stride. */
export let packedOutput: usize = 0;
export let packedOutputStride: usize = 0;
export let maskValues: usize = 0;
export let maskRowStride: usize = 0;
export let scratchMemory: usize = 0;
/** From one panel to the next where it is worth while to touch the next one before it is needed; else 0. */
export let prefetchStride: usize = 0;
/** Distance of the rows of A where tiles read it in place; 0: it is packed. */
export let aRowBytes: usize = 0;

/** Sums are added to `folds` older ones. `columns`: width of the tiles, 16 or 8. */
export function setFolding(columns: i32, c: usize, cRowStride: usize, folds: i32, foldStride: usize, scratch: usize): void {
  tileColumns = columns;
  output = c;
  outputRowStride = cRowStride;
  partial = folds > 0 ? c + foldStride : c;
  olderSums = folds;
  olderStride = foldStride;
  chainStart = 0;
  leastValue = LOWEST;
  packedOutput = 0;
  scratchMemory = scratch;
}

/** Chains start at the bias, and with `relu` what is below 0 becomes 0. */
export function setBiased(columns: i32, c: usize, cRowStride: usize, bias: usize, relu: i32, scratch: usize): void {
  setFolding(columns, c, cRowStride, 0, 0, scratch);
  chainStart = bias;
  leastValue = relu ? 0 : LOWEST;
}

/** What the mask does not show becomes 0, and goes into panels too. */
export function setMasked(
  columns: i32, c: usize, cRowStride: usize, packed: usize, packedStride: usize, mask: usize, maskStride: usize,
  scratch: usize,
): void {
  setFolding(columns, c, cRowStride, 0, 0, scratch);
  packedOutput = packed;
  packedOutputStride = packedStride;
  maskValues = mask;
  maskRowStride = mask != 0 ? maskStride : 0;
  for (let offset: usize = 0; offset < 64; offset += 16) v128.store(scratch + ONES_OFFSET + offset, f32x4.splat(1));
}

/** How A and B are read: the distance of A's rows when in place, and of panels that are to be prefetched; else 0. */
export function setReading(inPlaceRowStride: usize, prefetchedPanelStride: usize): void {
  aRowBytes = inPlaceRowStride;
  prefetchStride = prefetchedPanelStride;
}

/** Where the chains of a stripe start: at the bias, at zero, or where the last block of k left them. */
// @ts-ignore: decorator
@inline
export function startOf(rowStart: i32, column: i32, continues: bool): usize {
  if (continues) return partial + <usize>rowStart * outputRowStride + (<usize>column << 2);
  return chainStart != 0 ? chainStart + (<usize>column << 2) : scratchMemory;
}

/** Address of row `rowStart` in the packed copy, at the column. */
// @ts-ignore: decorator
@inline
export function packedPlace(rowStart: i32, column: i32): usize {
  const panel = packedOutput + <usize>(column / PANEL_COLUMNS) * packedOutputStride;
  return panel + (<usize>rowStart << 6) + (<usize>(column & (PANEL_COLUMNS - 1)) << 2);
}

/** Address of the mask of row `rowStart` at the column. */
// @ts-ignore: decorator
@inline
export function maskOf(rowStart: i32, column: i32): usize {
  if (maskValues == 0) return scratchMemory + ONES_OFFSET;
  return maskValues + <usize>rowStart * maskRowStride + (<usize>column << 2);
}
