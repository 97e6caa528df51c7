// C [m, n] = A [m, k] · B [k, n] from packed panels of B: the loops around the register tiles.
//
// Blocks of k (outermost) keep a panel in the first-level cache; blocks of rows keep the packed part of A in the
// second-level cache. An element's chain along k goes on from its partial value when a new block of k begins, so the
// blocking does not show in the result.
//
// Of a product of fewer columns than a panel has, A is not packed: each of its elements is read once.

import { addRows, copyRows, maskRows } from './raggedTile';
import { PANEL_COLUMNS, PANEL_ROW_BYTES, packTileRows } from './panels';
import {
  foldPrefetch6x16, foldTile16, foldTile8, maskPrefetch6x16, maskTile16, maskTile8, storePrefetch6x16, storeRowsTile16,
  storeRowsTile8, storeTile16, storeTile8,
} from './tiles.generated';

/** Longest block of k: 256 rows of a panel are 16 KiB. */
const BLOCK_DEPTH: i32 = 256;
/** Scratch: a row of zeros, where chains start; a tile for ragged edges; a row of ones, a mask; then the packed block of A. */
const RAGGED_OFFSET: usize = 64;
const RAGGED_ROW_BYTES: usize = 64;
const ONES_OFFSET: usize = 448;
const BLOCK_OFFSET: usize = 512;
const BLOCK_ELEMENTS: i32 = (160 * 1024 - 512) / 4;

/** Elements of B from which on its panels come from beyond the second-level cache. */
const PREFETCH_ELEMENTS: i64 = 512 * 1024;

const LOWEST: f32 = -Infinity;

// What becomes of the finished sums, set by the exported functions for the length of one call. These would otherwise be
// passed through four functions and more than twenty arguments. Every thread has an instance, and so globals, of its own.
let tileColumns: i32 = 16;
/** Address and row stride of C, and of where unfinished sums of a longer k are kept. */
let output: usize = 0;
let outputRowStride: usize = 0;
let partial: usize = 0;
/** Older sums to add, and the distance from one to the next. */
let olderSums: i32 = 0;
let olderStride: usize = 0;
/** Where chains start: as many numbers as columns, rounded up to whole panels; 0: at zero. */
let chainStart: usize = 0;
let leastValue: f32 = LOWEST;
/** 0: finished by adding and flooring. Else by masking: the packed copy, the mask (0: none) and its row stride. */
let packedOutput: usize = 0;
let packedOutputStride: usize = 0;
let maskValues: usize = 0;
let maskRowStride: usize = 0;
let scratchMemory: usize = 0;
/** From one panel to the next where it is worth while to touch the next one before it is needed; else 0. */
let prefetchStride: usize = 0;
/** Distance of the rows of A where tiles read it in place; 0: it is packed. */
let aRowBytes: usize = 0;

/** C = A · B, added to older sums; see the table of kernels. `columns`: width of the tiles, 16 or 8. */
// @ts-ignore: decorator
@inline
function foldingProduct(
  columns: i32, c: usize, cRowStride: usize, folds: i32, foldStride: usize,
  a: usize, aRowStride: usize, aColumnStride: usize, panels: usize, panelStride: usize,
  m: i32, n: i32, k: i32, scratch: usize,
): void {
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
  product(a, aRowStride, aColumnStride, panels, panelStride, m, n, k);
}

/** C = bias + A · B, and with `relu` not below 0. */
// @ts-ignore: decorator
@inline
function biasedProduct(
  columns: i32, c: usize, cRowStride: usize, a: usize, aRowStride: usize, aColumnStride: usize,
  panels: usize, panelStride: usize, m: i32, n: i32, k: i32, bias: usize, relu: i32, scratch: usize,
): void {
  tileColumns = columns;
  output = c;
  outputRowStride = cRowStride;
  partial = c;
  olderSums = 0;
  chainStart = bias;
  leastValue = relu ? 0 : LOWEST;
  packedOutput = 0;
  scratchMemory = scratch;
  product(a, aRowStride, aColumnStride, panels, panelStride, m, n, k);
}

/** C = A · B where the mask is positive, and the same in panels. */
// @ts-ignore: decorator
@inline
function maskedProduct(
  columns: i32, c: usize, cRowStride: usize, packed: usize, packedStride: usize, mask: usize, maskStride: usize,
  a: usize, aRowStride: usize, aColumnStride: usize, panels: usize, panelStride: usize,
  m: i32, n: i32, k: i32, scratch: usize,
): void {
  tileColumns = columns;
  output = c;
  outputRowStride = cRowStride;
  partial = c;
  olderSums = 0;
  chainStart = 0;
  leastValue = LOWEST;
  packedOutput = packed;
  packedOutputStride = packedStride;
  maskValues = mask;
  maskRowStride = mask != 0 ? maskStride : 0;
  scratchMemory = scratch;
  for (let offset: usize = 0; offset < 64; offset += 16) v128.store(scratch + ONES_OFFSET + offset, f32x4.splat(1));
  product(a, aRowStride, aColumnStride, panels, panelStride, m, n, k);
}

export function gemm16(
  c: usize, cRowStride: usize, folds: i32, foldStride: usize, a: usize, aRowStride: usize, aColumnStride: usize,
  panels: usize, panelStride: usize, m: i32, n: i32, k: i32, scratch: usize,
): void {
  foldingProduct(16, c, cRowStride, folds, foldStride, a, aRowStride, aColumnStride, panels, panelStride, m, n, k, scratch);
}

/** With tiles 8 columns wide: for engines without 256-bit registers. Same panels, same bits. */
export function gemm8(
  c: usize, cRowStride: usize, folds: i32, foldStride: usize, a: usize, aRowStride: usize, aColumnStride: usize,
  panels: usize, panelStride: usize, m: i32, n: i32, k: i32, scratch: usize,
): void {
  foldingProduct(8, c, cRowStride, folds, foldStride, a, aRowStride, aColumnStride, panels, panelStride, m, n, k, scratch);
}

export function gemmBias16(
  c: usize, cRowStride: usize, a: usize, aRowStride: usize, aColumnStride: usize, panels: usize, panelStride: usize,
  m: i32, n: i32, k: i32, bias: usize, relu: i32, scratch: usize,
): void {
  biasedProduct(16, c, cRowStride, a, aRowStride, aColumnStride, panels, panelStride, m, n, k, bias, relu, scratch);
}

export function gemmBias8(
  c: usize, cRowStride: usize, a: usize, aRowStride: usize, aColumnStride: usize, panels: usize, panelStride: usize,
  m: i32, n: i32, k: i32, bias: usize, relu: i32, scratch: usize,
): void {
  biasedProduct(8, c, cRowStride, a, aRowStride, aColumnStride, panels, panelStride, m, n, k, bias, relu, scratch);
}

export function gemmMasked16(
  c: usize, cRowStride: usize, packed: usize, packedStride: usize, mask: usize, maskStride: usize,
  a: usize, aRowStride: usize, aColumnStride: usize, panels: usize, panelStride: usize,
  m: i32, n: i32, k: i32, scratch: usize,
): void {
  maskedProduct(16, c, cRowStride, packed, packedStride, mask, maskStride, a, aRowStride, aColumnStride, panels, panelStride, m, n, k, scratch);
}

export function gemmMasked8(
  c: usize, cRowStride: usize, packed: usize, packedStride: usize, mask: usize, maskStride: usize,
  a: usize, aRowStride: usize, aColumnStride: usize, panels: usize, panelStride: usize,
  m: i32, n: i32, k: i32, scratch: usize,
): void {
  maskedProduct(8, c, cRowStride, packed, packedStride, mask, maskStride, a, aRowStride, aColumnStride, panels, panelStride, m, n, k, scratch);
}

function product(
  a: usize, aRowStride: usize, aColumnStride: usize, panels: usize, panelStride: usize, m: i32, n: i32, k: i32,
): void {
  const scratch = scratchMemory;
  for (let offset: usize = 0; offset < 64; offset += 16) v128.store(scratch + offset, i32x4.splat(0));
  const packed = scratch + BLOCK_OFFSET;
  const inPlace = n < PANEL_COLUMNS && aColumnStride == 4 && aRowStride != 0;
  aRowBytes = inPlace ? aRowStride : 0;
  prefetchStride = <i64>n * <i64>k >= PREFETCH_ELEMENTS ? panelStride : 0;
  let depthStart = 0;
  do {
    const depth = min(BLOCK_DEPTH, k - depthStart);
    const last = depthStart + depth >= k;
    const blockRows = balancedRows(m, depth);
    for (let rowStart = 0; rowStart < m; rowStart += blockRows) {
      const rows = min(blockRows, m - rowStart);
      const from = a + <usize>rowStart * aRowStride + <usize>depthStart * aColumnStride;
      if (!inPlace) packBlock(packed, from, aRowStride, aColumnStride, rows, depth);
      const block = inPlace ? from : packed;
      for (let column = 0; column < n; column += PANEL_COLUMNS) {
        const panel = panels + <usize>(column / PANEL_COLUMNS) * panelStride + (<usize>depthStart << 6);
        panelProduct(block, panel, rowStart, rows, column, n, depth, depthStart > 0, last);
      }
    }
    depthStart += BLOCK_DEPTH;
  } while (depthStart < k);
  // Chains of more than one block end in memory, and are added from there.
  if (olderSums > 0 && k > BLOCK_DEPTH) addRows(output, outputRowStride, olderSums, olderStride, partial, outputRowStride, m, n);
}

/** One block of rows times one panel, along one block of k. */
function panelProduct(
  block: usize, panel: usize, rowStart: i32, rows: i32, column: i32, n: i32, depth: i32, continues: bool, last: bool,
): void {
  const columns = min(PANEL_COLUMNS, n - column);
  const next = n - column > PANEL_COLUMNS ? panel + prefetchStride : panel;
  const right = column + 8;
  if (tileColumns == PANEL_COLUMNS || columns <= 8) {
    // Half a tile leaves the rest of a packed panel to be filled with zeros.
    const whole = columns == PANEL_COLUMNS || (columns == tileColumns && packedOutput == 0);
    if (whole && aRowBytes == 0) stripe(block, panel, rowStart, rows, column, depth, continues, last, next);
    else raggedStripe(block, panel, rowStart, rows, column, columns, depth, continues, last);
    return;
  }
  // Tiles of half a panel: the left half, then what there is of the right one.
  if (aRowBytes == 0) stripe(block, panel, rowStart, rows, column, depth, continues, last, next);
  else raggedStripe(block, panel, rowStart, rows, column, 8, depth, continues, last);
  if (columns == PANEL_COLUMNS) stripe(block, panel + 32, rowStart, rows, right, depth, continues, last, next);
  else raggedStripe(block, panel + 32, rowStart, rows, right, columns - 8, depth, continues, last);
}

/** Rows of a block of A: as many as fit the scratch, cut evenly, whole tiles of six. */
function balancedRows(m: i32, depth: i32): i32 {
  const most = (BLOCK_ELEMENTS / max(depth, 1) / 6) * 6;
  if (m <= most) return max(m, 1);
  const blocks = (m + most - 1) / most;
  return ((m + blocks * 6 - 1) / (blocks * 6)) * 6;
}

/** Rows of the next tile when `rows` are left: six, but rather two tiles of four or five than six and a rest. */
// @ts-ignore: decorator
@inline
function nextTileRows(rows: i32): i32 {
  if (rows <= 6) return rows;
  if (rows < 9) return 4;
  return rows < 11 || rows == 13 ? 5 : 6;
}

function packBlock(block: usize, a: usize, aRowStride: usize, aColumnStride: usize, rows: i32, depth: i32): void {
  while (rows > 0) {
    const tileRows = nextTileRows(rows);
    packTileRows(block, a, aRowStride, aColumnStride, tileRows, depth);
    block += <usize>(tileRows * depth) << 2;
    a += <usize>tileRows * aRowStride;
    rows -= tileRows;
  }
}

/** Where the chains of a stripe start: at the bias, at zero, or where the last block of k left them. */
// @ts-ignore: decorator
@inline
function startOf(rowStart: i32, column: i32, continues: bool): usize {
  if (continues) return partial + <usize>rowStart * outputRowStride + (<usize>column << 2);
  return chainStart != 0 ? chainStart + (<usize>column << 2) : scratchMemory;
}

/** Address of row `rowStart` in the packed copy, at the column. */
// @ts-ignore: decorator
@inline
function packedPlace(rowStart: i32, column: i32): usize {
  const panel = packedOutput + <usize>(column / PANEL_COLUMNS) * packedOutputStride;
  return panel + (<usize>rowStart << 6) + (<usize>(column & (PANEL_COLUMNS - 1)) << 2);
}

/** Address of the mask of row `rowStart` at the column. */
// @ts-ignore: decorator
@inline
function maskOf(rowStart: i32, column: i32): usize {
  if (maskValues == 0) return scratchMemory + ONES_OFFSET;
  return maskValues + <usize>rowStart * maskRowStride + (<usize>column << 2);
}

/** All tiles of one panel, or of half a panel, whose columns all exist. */
function stripe(
  block: usize, panel: usize, rowStart: i32, rows: i32, column: i32, depth: i32, continues: bool, last: bool, next: usize,
): void {
  // The tiles of this panel share out the lines of the next one, and touch nothing beyond it.
  let touchStride: usize = prefetchStride != 0 ? (64 * 6 + rows - 1) / rows : 0;
  const touchEnd = next + (<usize>depth << 6);
  const masked = last && packedOutput != 0;
  const cRowStride = outputRowStride;
  const folds = last && !continues ? olderSums : 0;
  let c = (folds > 0 ? output : partial) + <usize>rowStart * cRowStride + (<usize>column << 2);
  let start = startOf(rowStart, column, continues);
  const startRowStride = continues ? cRowStride : 0;
  let packed = packedPlace(rowStart, column);
  let mask = maskOf(rowStart, column);
  const floor = last ? leastValue : LOWEST;
  while (rows > 0) {
    const tileRows = nextTileRows(rows);
    if (touchStride != 0 && next + <usize>depth * touchStride > touchEnd) touchStride = 0;
    if (touchStride != 0 && tileRows == 6 && tileColumns == 16) {
      if (masked) maskPrefetch6x16(c, cRowStride, start, startRowStride, block, panel, depth, mask, maskRowStride, packed, next, touchStride);
      else if (folds > 0) foldPrefetch6x16(c, cRowStride, block, panel, depth, folds, olderStride, next, touchStride);
      else storePrefetch6x16(c, cRowStride, start, startRowStride, block, panel, depth, floor, next, touchStride);
      next += <usize>depth * touchStride;
    } else if (tileColumns == 16) {
      if (masked) maskTile16(tileRows, c, cRowStride, start, startRowStride, block, panel, depth, mask, maskRowStride, packed);
      else if (folds > 0) foldTile16(tileRows, c, cRowStride, block, panel, depth, folds, olderStride);
      else storeTile16(tileRows, c, cRowStride, start, startRowStride, block, panel, depth, floor);
    } else {
      if (masked) maskTile8(tileRows, c, cRowStride, start, startRowStride, block, panel, depth, mask, maskRowStride, packed);
      else if (folds > 0) foldTile8(tileRows, c, cRowStride, block, panel, depth, folds, olderStride);
      else storeTile8(tileRows, c, cRowStride, start, startRowStride, block, panel, depth, floor);
    }
    packed += <usize>tileRows << 6;
    mask += <usize>tileRows * maskRowStride;
    c += <usize>tileRows * cRowStride;
    start += <usize>tileRows * startRowStride;
    block += <usize>(tileRows * depth) << 2;
    rows -= tileRows;
  }
}

/** The tiles of a panel of fewer columns: computed whole in scratch, of which the columns that exist are taken. */
function raggedStripe(
  block: usize, panel: usize, rowStart: i32, rows: i32, column: i32, columns: i32, depth: i32, continues: bool, last: bool,
): void {
  const ragged = scratchMemory + RAGGED_OFFSET;
  const cRowStride = outputRowStride;
  const wide = tileColumns == 16 && columns > 8;
  const floor = last ? leastValue : LOWEST;
  const folds = last && !continues ? olderSums : 0;
  let c = (folds > 0 ? output : partial) + <usize>rowStart * cRowStride + (<usize>column << 2);
  let begun = startOf(rowStart, column, continues);
  let packed = packedPlace(rowStart, column);
  const panelBytes = PANEL_ROW_BYTES - (<usize>(column & (PANEL_COLUMNS - 1)) << 2);
  let mask = maskOf(rowStart, column);
  while (rows > 0) {
    const tileRows = nextTileRows(rows);
    let start = begun;
    let startRowStride: usize = 0;
    if (continues) {
      copyRows(ragged, RAGGED_ROW_BYTES, begun, cRowStride, tileRows, columns);
      start = ragged;
      startRowStride = RAGGED_ROW_BYTES;
      begun += <usize>tileRows * cRowStride;
    }
    if (aRowBytes != 0) {
      if (wide) storeRowsTile16(tileRows, ragged, RAGGED_ROW_BYTES, start, startRowStride, block, aRowBytes, panel, depth, floor);
      else storeRowsTile8(tileRows, ragged, RAGGED_ROW_BYTES, start, startRowStride, block, aRowBytes, panel, depth, floor);
      block += <usize>tileRows * aRowBytes;
    } else {
      if (wide) storeTile16(tileRows, ragged, RAGGED_ROW_BYTES, start, startRowStride, block, panel, depth, floor);
      else storeTile8(tileRows, ragged, RAGGED_ROW_BYTES, start, startRowStride, block, panel, depth, floor);
      block += <usize>(tileRows * depth) << 2;
    }
    if (last && packedOutput != 0) {
      maskRows(packed, panelBytes, ragged, mask, maskRowStride, tileRows, columns);
      copyRows(c, cRowStride, packed, PANEL_ROW_BYTES, tileRows, columns);
      packed += <usize>tileRows << 6;
      mask += <usize>tileRows * maskRowStride;
    } else if (folds > 0) {
      addRows(c, cRowStride, folds, olderStride, ragged, RAGGED_ROW_BYTES, tileRows, columns);
    } else {
      copyRows(c, cRowStride, ragged, RAGGED_ROW_BYTES, tileRows, columns);
    }
    c += <usize>tileRows * cRowStride;
    rows -= tileRows;
  }
}
