// C [m, n] = A [m, k] · B [k, n] from packed panels of B: the loops around the register tiles.
//
// Blocks of k (outermost) keep a panel in the first-level cache; blocks of rows keep the packed part of A in the
// second-level cache. An element's chain along k goes on from the value in C when a new block of k begins, so the
// blocking does not show in the result.

import { PANEL_COLUMNS, packTileRows } from './panels';
import {
  tile1x16, tile1x16Add, tile1x8, tile1x8Add, tile2x16, tile2x16Add, tile2x8, tile2x8Add,
  tile4x16, tile4x16Add, tile4x8, tile4x8Add, tile6x16, tile6x16Add, tile6x8, tile6x8Add,
} from './tiles.generated';

/** Longest block of k: 256 rows of a panel are 16 KiB. */
const BLOCK_DEPTH: i32 = 256;
/** Scratch: a row of zeros, where chains start; a tile for ragged edges; then the packed block of A. */
const RAGGED_OFFSET: usize = 64;
const RAGGED_ROW_BYTES: usize = 64;
const BLOCK_OFFSET: usize = 512;
const BLOCK_ELEMENTS: i32 = (160 * 1024 - 512) / 4;

/** The product with tiles 16 columns wide. */
export function gemm16(
  c: usize, cRowStride: usize, a: usize, aRowStride: usize, aColumnStride: usize, panels: usize, panelStride: usize,
  m: i32, n: i32, k: i32, accumulate: i32, scratch: usize,
): void {
  product(c, cRowStride, a, aRowStride, aColumnStride, panels, panelStride, m, n, k, accumulate, scratch, 16);
}

/** The product with tiles 8 columns wide: for engines without 256-bit registers. Same panels, same bits. */
export function gemm8(
  c: usize, cRowStride: usize, a: usize, aRowStride: usize, aColumnStride: usize, panels: usize, panelStride: usize,
  m: i32, n: i32, k: i32, accumulate: i32, scratch: usize,
): void {
  product(c, cRowStride, a, aRowStride, aColumnStride, panels, panelStride, m, n, k, accumulate, scratch, 8);
}

// @ts-ignore: decorator
@inline
function product(
  c: usize, cRowStride: usize, a: usize, aRowStride: usize, aColumnStride: usize, panels: usize, panelStride: usize,
  m: i32, n: i32, k: i32, accumulate: i32, scratch: usize, tileColumns: i32,
): void {
  for (let offset: usize = 0; offset < 64; offset += 16) v128.store(scratch + offset, i32x4.splat(0));
  const block = scratch + BLOCK_OFFSET;
  let depthStart = 0;
  do {
    const depth = min(BLOCK_DEPTH, k - depthStart);
    const blockRows = balancedRows(m, depth);
    for (let rowStart = 0; rowStart < m; rowStart += blockRows) {
      const rows = min(blockRows, m - rowStart);
      packBlock(block, a + <usize>rowStart * aRowStride + <usize>depthStart * aColumnStride, aRowStride, aColumnStride, rows, depth);
      for (let column = 0; column < n; column += PANEL_COLUMNS) {
        const panel = panels + <usize>(column / PANEL_COLUMNS) * panelStride + (<usize>depthStart << 6);
        const cBlock = c + <usize>rowStart * cRowStride + (<usize>column << 2);
        const columns = min(PANEL_COLUMNS, n - column);
        const start = depthStart > 0 ? cBlock : scratch;
        const startRowStride = depthStart > 0 ? cRowStride : 0;
        if (tileColumns == 16 && columns == 16) {
          stripe16(cBlock, cRowStride, start, startRowStride, block, panel, rows, depth, accumulate);
        } else if (tileColumns == 8 && columns >= 8) {
          stripe8(cBlock, cRowStride, start, startRowStride, block, panel, rows, depth, accumulate);
          if (columns == 16) {
            const startRight = depthStart > 0 ? start + 32 : start;
            stripe8(cBlock + 32, cRowStride, startRight, startRowStride, block, panel + 32, rows, depth, accumulate);
          } else if (columns > 8) {
            raggedStripe(cBlock + 32, cRowStride, block, panel + 32, rows, columns - 8, depth, accumulate, depthStart > 0, scratch, tileColumns);
          }
        } else {
          raggedStripe(cBlock, cRowStride, block, panel, rows, columns, depth, accumulate, depthStart > 0, scratch, tileColumns);
        }
      }
    }
    depthStart += BLOCK_DEPTH;
  } while (depthStart < k);
}

/** Rows of a block of A: as many as fit the scratch, cut evenly, whole tiles of six. */
function balancedRows(m: i32, depth: i32): i32 {
  const most = (BLOCK_ELEMENTS / max(depth, 1) / 6) * 6;
  if (m <= most) return max(m, 1);
  const blocks = (m + most - 1) / most;
  return ((m + blocks * 6 - 1) / (blocks * 6)) * 6;
}

/** Rows of the next tile when `rows` are left: six, but 8 = 4 + 4, for a tile of two rows keeps few units busy. */
// @ts-ignore: decorator
@inline
function nextTileRows(rows: i32): i32 {
  if (rows >= 10 || rows == 6 || rows == 7) return 6;
  return rows >= 4 ? 4 : min(rows, 2);
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

/** All tiles of one whole panel. */
function stripe16(
  c: usize, cRowStride: usize, start: usize, startRowStride: usize, block: usize, panel: usize,
  rows: i32, depth: i32, accumulate: i32,
): void {
  while (rows > 0) {
    const tileRows = nextTileRows(rows);
    tile16(c, cRowStride, start, startRowStride, block, panel, tileRows, depth, accumulate);
    c += <usize>tileRows * cRowStride;
    start += <usize>tileRows * startRowStride;
    block += <usize>(tileRows * depth) << 2;
    rows -= tileRows;
  }
}

/** All tiles of half a panel. */
function stripe8(
  c: usize, cRowStride: usize, start: usize, startRowStride: usize, block: usize, panel: usize,
  rows: i32, depth: i32, accumulate: i32,
): void {
  while (rows > 0) {
    const tileRows = nextTileRows(rows);
    tile8(c, cRowStride, start, startRowStride, block, panel, tileRows, depth, accumulate);
    c += <usize>tileRows * cRowStride;
    start += <usize>tileRows * startRowStride;
    block += <usize>(tileRows * depth) << 2;
    rows -= tileRows;
  }
}

/** The tiles of a panel of fewer columns: computed whole in scratch, of which the columns that exist are copied. */
function raggedStripe(
  c: usize, cRowStride: usize, block: usize, panel: usize,
  rows: i32, columns: i32, depth: i32, accumulate: i32, continues: bool, scratch: usize, tileColumns: i32,
): void {
  const ragged = scratch + RAGGED_OFFSET;
  while (rows > 0) {
    const tileRows = nextTileRows(rows);
    let start = scratch;
    let startRowStride: usize = 0;
    if (continues) {
      copyRows(ragged, RAGGED_ROW_BYTES, c, cRowStride, tileRows, columns);
      start = ragged;
      startRowStride = RAGGED_ROW_BYTES;
    }
    if (tileColumns == 16 && columns > 8) {
      tile16(ragged, RAGGED_ROW_BYTES, start, startRowStride, block, panel, tileRows, depth, 0);
    } else {
      tile8(ragged, RAGGED_ROW_BYTES, start, startRowStride, block, panel, tileRows, depth, 0);
    }
    if (accumulate) addRows(c, cRowStride, ragged, tileRows, columns);
    else copyRows(c, cRowStride, ragged, RAGGED_ROW_BYTES, tileRows, columns);
    c += <usize>tileRows * cRowStride;
    block += <usize>(tileRows * depth) << 2;
    rows -= tileRows;
  }
}

// @ts-ignore: decorator
@inline
function tile16(
  c: usize, cRowStride: usize, start: usize, startRowStride: usize, a: usize, b: usize,
  rows: i32, k: i32, accumulate: i32,
): void {
  if (accumulate) {
    if (rows == 6) tile6x16Add(c, cRowStride, a, b, k);
    else if (rows == 4) tile4x16Add(c, cRowStride, a, b, k);
    else if (rows == 2) tile2x16Add(c, cRowStride, a, b, k);
    else tile1x16Add(c, cRowStride, a, b, k);
  } else {
    if (rows == 6) tile6x16(c, cRowStride, start, startRowStride, a, b, k);
    else if (rows == 4) tile4x16(c, cRowStride, start, startRowStride, a, b, k);
    else if (rows == 2) tile2x16(c, cRowStride, start, startRowStride, a, b, k);
    else tile1x16(c, cRowStride, start, startRowStride, a, b, k);
  }
}

// @ts-ignore: decorator
@inline
function tile8(
  c: usize, cRowStride: usize, start: usize, startRowStride: usize, a: usize, b: usize,
  rows: i32, k: i32, accumulate: i32,
): void {
  if (accumulate) {
    if (rows == 6) tile6x8Add(c, cRowStride, a, b, k);
    else if (rows == 4) tile4x8Add(c, cRowStride, a, b, k);
    else if (rows == 2) tile2x8Add(c, cRowStride, a, b, k);
    else tile1x8Add(c, cRowStride, a, b, k);
  } else {
    if (rows == 6) tile6x8(c, cRowStride, start, startRowStride, a, b, k);
    else if (rows == 4) tile4x8(c, cRowStride, start, startRowStride, a, b, k);
    else if (rows == 2) tile2x8(c, cRowStride, start, startRowStride, a, b, k);
    else tile1x8(c, cRowStride, start, startRowStride, a, b, k);
  }
}

function copyRows(to: usize, toRowStride: usize, from: usize, fromRowStride: usize, rows: i32, columns: i32): void {
  const bytes = <usize>columns << 2;
  const wholeBytes = bytes & ~15;
  for (let row = 0; row < rows; row++) {
    let offset: usize = 0;
    for (; offset < wholeBytes; offset += 16) v128.store(to + offset, v128.load(from + offset));
    for (; offset < bytes; offset += 4) f32.store(to + offset, f32.load(from + offset));
    to += toRowStride;
    from += fromRowStride;
  }
}

/** c [rows, columns] += the ragged tile. */
function addRows(c: usize, cRowStride: usize, ragged: usize, rows: i32, columns: i32): void {
  const bytes = <usize>columns << 2;
  for (let row = 0; row < rows; row++) {
    for (let offset: usize = 0; offset < bytes; offset += 4) {
      f32.store(c + offset, f32.load(c + offset) + f32.load(ragged + offset));
    }
    c += cRowStride;
    ragged += RAGGED_ROW_BYTES;
  }
}
