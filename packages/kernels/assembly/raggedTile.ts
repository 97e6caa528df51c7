// What becomes of a tile that was computed in scratch because not all of its 16 columns exist. Its rows lie there as in a
// panel.

import { loadTail, storeTail } from './lanes';
import { PANEL_ROW_BYTES } from './panels';

/** to [rows, columns] = from [rows, columns]. */
export function copyRows(to: usize, toRowStride: usize, from: usize, fromRowStride: usize, rows: i32, columns: i32): void {
  const wholeBytes = <usize>(columns & -4) << 2;
  const tail = columns & 3;
  for (let row = 0; row < rows; row++) {
    for (let offset: usize = 0; offset < wholeBytes; offset += 16) v128.store(to + offset, v128.load(from + offset));
    if (tail) storeTail(to + wholeBytes, loadTail(from + wholeBytes, tail), tail);
    to += toRowStride;
    from += fromRowStride;
  }
}

/** x [rows, columns] added to `folds` older sums of C: see `gemm` in the table of kernels. */
export function addRows(
  c: usize, cRowStride: usize, folds: i32, foldStride: usize, x: usize, xRowStride: usize, rows: i32, columns: i32,
): void {
  const wholeBytes = <usize>(columns & -4) << 2;
  const tail = columns & 3;
  for (let row = 0; row < rows; row++) {
    for (let offset: usize = 0; offset < wholeBytes; offset += 16) {
      let sum = v128.load(x + offset);
      let older = c + offset;
      for (let fold = folds; ; older -= foldStride) {
        sum = f32x4.add(v128.load(older), sum);
        if (--fold == 0) break;
      }
      v128.store(older, sum);
    }
    if (tail) {
      let sum = loadTail(x + wholeBytes, tail);
      let older = c + wholeBytes;
      for (let fold = folds; ; older -= foldStride) {
        sum = f32x4.add(loadTail(older, tail), sum);
        if (--fold == 0) break;
      }
      storeTail(older, sum, tail);
    }
    c += cRowStride;
    x += xRowStride;
  }
}

/** Rows of a panel = the tile where the mask is positive; columns that do not exist, up to `panelBytes`, become 0. */
export function maskRows(
  panel: usize, panelBytes: usize, tile: usize, mask: usize, maskRowStride: usize, rows: i32, columns: i32,
): void {
  const wholeBytes = <usize>(columns & -4) << 2;
  const usedBytes = <usize>((columns + 3) & -4) << 2;
  const tail = columns & 3;
  const zero = f32x4.splat(0);
  for (let row = 0; row < rows; row++) {
    for (let offset: usize = 0; offset < wholeBytes; offset += 16) {
      const positive = f32x4.gt(v128.load(mask + offset), zero);
      v128.store(panel + offset, v128.and(v128.load(tile + offset), positive));
    }
    if (tail) {
      const positive = f32x4.gt(loadTail(mask + wholeBytes, tail), zero);
      v128.store(panel + wholeBytes, v128.and(loadTail(tile + wholeBytes, tail), positive));
    }
    for (let offset = usedBytes; offset < panelBytes; offset += 16) v128.store(panel + offset, zero);
    mask += maskRowStride;
    tile += PANEL_ROW_BYTES;
    panel += PANEL_ROW_BYTES;
  }
}
