// C [m, n] = A [m, k] · B [k, n] from packed panels of B: the loops around the register tiles.
//
// Blocks of k (outermost) keep a panel in the first-level cache; blocks of rows keep the packed part of A in the
// second-level cache. An element's chain along k goes on from its partial value when a new block of k begins, so the
// blocking does not show in the result.
//
// Of a product of fewer columns than a panel has, A is not packed: each of its elements is read once.

import {
  BLOCK_OFFSET, olderStride, olderSums, output, outputRowStride, partial, scratchMemory, setBiased, setFolding, setMasked,
  setReading,
} from './finish';
import { PANEL_COLUMNS, packTileRows } from './panels';
import { addRows } from './raggedTile';
import { nextTileRows, panelProduct } from './stripes';

/** Longest block of k: 256 rows of a panel are 16 KiB. */
const BLOCK_DEPTH: i32 = 256;
/** Elements of A that the scratch has room for, packed. */
const BLOCK_ELEMENTS: i32 = (160 * 1024 - <i32>BLOCK_OFFSET) / 4;

/** Elements of B from which on its panels come from beyond the second-level cache. */
const PREFETCH_ELEMENTS: i64 = 512 * 1024;

/** C = A · B, added to older sums; see the table of kernels. */
export function gemm16(
  c: usize, cRowStride: usize, folds: i32, foldStride: usize, a: usize, aRowStride: usize, aColumnStride: usize,
  panels: usize, panelStride: usize, m: i32, n: i32, k: i32, scratch: usize,
): void {
  setFolding(16, c, cRowStride, folds, foldStride, scratch);
  product(a, aRowStride, aColumnStride, panels, panelStride, m, n, k);
}

/** With tiles 8 columns wide: for engines without 256-bit registers. Same panels, same bits. */
export function gemm8(
  c: usize, cRowStride: usize, folds: i32, foldStride: usize, a: usize, aRowStride: usize, aColumnStride: usize,
  panels: usize, panelStride: usize, m: i32, n: i32, k: i32, scratch: usize,
): void {
  setFolding(8, c, cRowStride, folds, foldStride, scratch);
  product(a, aRowStride, aColumnStride, panels, panelStride, m, n, k);
}

/** C = bias + A · B, and with `relu` not below 0. */
export function gemmBias16(
  c: usize, cRowStride: usize, a: usize, aRowStride: usize, aColumnStride: usize, panels: usize, panelStride: usize,
  m: i32, n: i32, k: i32, bias: usize, relu: i32, scratch: usize,
): void {
  setBiased(16, c, cRowStride, bias, relu, scratch);
  product(a, aRowStride, aColumnStride, panels, panelStride, m, n, k);
}

export function gemmBias8(
  c: usize, cRowStride: usize, a: usize, aRowStride: usize, aColumnStride: usize, panels: usize, panelStride: usize,
  m: i32, n: i32, k: i32, bias: usize, relu: i32, scratch: usize,
): void {
  setBiased(8, c, cRowStride, bias, relu, scratch);
  product(a, aRowStride, aColumnStride, panels, panelStride, m, n, k);
}

/** C = A · B where the mask is positive, and the same in panels. */
export function gemmMasked16(
  c: usize, cRowStride: usize, packed: usize, packedStride: usize, mask: usize, maskStride: usize,
  a: usize, aRowStride: usize, aColumnStride: usize, panels: usize, panelStride: usize,
  m: i32, n: i32, k: i32, scratch: usize,
): void {
  setMasked(16, c, cRowStride, packed, packedStride, mask, maskStride, scratch);
  product(a, aRowStride, aColumnStride, panels, panelStride, m, n, k);
}

export function gemmMasked8(
  c: usize, cRowStride: usize, packed: usize, packedStride: usize, mask: usize, maskStride: usize,
  a: usize, aRowStride: usize, aColumnStride: usize, panels: usize, panelStride: usize,
  m: i32, n: i32, k: i32, scratch: usize,
): void {
  setMasked(8, c, cRowStride, packed, packedStride, mask, maskStride, scratch);
  product(a, aRowStride, aColumnStride, panels, panelStride, m, n, k);
}

function product(
  a: usize, aRowStride: usize, aColumnStride: usize, panels: usize, panelStride: usize, m: i32, n: i32, k: i32,
): void {
  const scratch = scratchMemory;
  for (let offset: usize = 0; offset < 64; offset += 16) v128.store(scratch + offset, i32x4.splat(0));
  const packed = scratch + BLOCK_OFFSET;
  const inPlace = n < PANEL_COLUMNS && aColumnStride == 4 && aRowStride != 0;
  setReading(inPlace ? aRowStride : 0, <i64>n * <i64>k >= PREFETCH_ELEMENTS ? panelStride : 0);
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

/** Rows of a block of A: as many as fit the scratch, cut evenly, whole tiles of six. */
function balancedRows(m: i32, depth: i32): i32 {
  const most = (BLOCK_ELEMENTS / max(depth, 1) / 6) * 6;
  if (m <= most) return max(m, 1);
  const blocks = (m + most - 1) / most;
  return ((m + blocks * 6 - 1) / (blocks * 6)) * 6;
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
