// The tiles of one block of rows in one panel, along one block of k.

import {
  aRowBytes, leastValue, LOWEST, maskOf, maskRowStride, olderStride, olderSums, output, outputRowStride,
  packedOutput, packedPlace, partial, prefetchStride, RAGGED_OFFSET, scratchMemory, startOf, tileColumns,
} from './finish';
import { PANEL_COLUMNS, PANEL_ROW_BYTES } from './panels';
import { addRows, copyRows, maskRows } from './raggedTile';
import {
  foldPrefetch6x16, foldTile16, foldTile8, maskPrefetch6x16, maskTile16, maskTile8, storePrefetch6x16, storeRowsTile16,
  storeRowsTile8, storeTile16, storeTile8,
} from './tiles.generated';

/** One block of rows times one panel, along one block of k. */
export function panelProduct(
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

/** Rows of the next tile when `rows` are left: six, but rather two tiles of four or five than six and a rest. */
// @ts-ignore: decorator
@inline
export function nextTileRows(rows: i32): i32 {
  if (rows <= 6) return rows;
  if (rows < 9) return 4;
  return rows < 11 || rows == 13 ? 5 : 6;
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
      copyRows(ragged, PANEL_ROW_BYTES, begun, cRowStride, tileRows, columns);
      start = ragged;
      startRowStride = PANEL_ROW_BYTES;
      begun += <usize>tileRows * cRowStride;
    }
    if (aRowBytes != 0) {
      if (wide) storeRowsTile16(tileRows, ragged, PANEL_ROW_BYTES, start, startRowStride, block, aRowBytes, panel, depth, floor);
      else storeRowsTile8(tileRows, ragged, PANEL_ROW_BYTES, start, startRowStride, block, aRowBytes, panel, depth, floor);
      block += <usize>tileRows * aRowBytes;
    } else {
      if (wide) storeTile16(tileRows, ragged, PANEL_ROW_BYTES, start, startRowStride, block, panel, depth, floor);
      else storeTile8(tileRows, ragged, PANEL_ROW_BYTES, start, startRowStride, block, panel, depth, floor);
      block += <usize>(tileRows * depth) << 2;
    }
    if (last && packedOutput != 0) {
      maskRows(packed, panelBytes, ragged, mask, maskRowStride, tileRows, columns);
      copyRows(c, cRowStride, packed, PANEL_ROW_BYTES, tileRows, columns);
      packed += <usize>tileRows << 6;
      mask += <usize>tileRows * maskRowStride;
    } else if (folds > 0) {
      addRows(c, cRowStride, folds, olderStride, ragged, PANEL_ROW_BYTES, tileRows, columns);
    } else {
      copyRows(c, cRowStride, ragged, PANEL_ROW_BYTES, tileRows, columns);
    }
    c += <usize>tileRows * cRowStride;
    rows -= tileRows;
  }
}
