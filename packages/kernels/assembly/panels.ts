// Packing: both operands of a product are copied into the order in which a tile reads them.

/** Columns of a panel of B. */
export const PANEL_COLUMNS: i32 = 16;
export const PANEL_ROW_BYTES: usize = 64;

// @ts-ignore: decorator
@inline
function unpackLow(x: v128, y: v128): v128 {
  return v128.shuffle<f32>(x, y, 0, 4, 1, 5);
}
// @ts-ignore: decorator
@inline
function unpackHigh(x: v128, y: v128): v128 {
  return v128.shuffle<f32>(x, y, 2, 6, 3, 7);
}
// @ts-ignore: decorator
@inline
function lowPairs(x: v128, y: v128): v128 {
  return v128.shuffle<f64>(x, y, 0, 2);
}
// @ts-ignore: decorator
@inline
function highPairs(x: v128, y: v128): v128 {
  return v128.shuffle<f64>(x, y, 1, 3);
}

/** B [k, n], any strides → panels of 16 columns; the last one is padded with zeros. */
export function packPanels(
  panels: usize,
  panelStride: usize,
  b: usize,
  bRowStride: usize,
  bColumnStride: usize,
  k: i32,
  n: i32,
): void {
  for (let column = 0; column < n; column += PANEL_COLUMNS) {
    const width = min(PANEL_COLUMNS, n - column);
    if (width == PANEL_COLUMNS && bColumnStride == 4) {
      packRows(panels, b, bRowStride, k);
    } else if (width == PANEL_COLUMNS && bRowStride == 4) {
      packTransposed(panels, b, bColumnStride, k);
    } else {
      packRagged(panels, b, bRowStride, bColumnStride, k, width);
    }
    panels += panelStride;
    b += bColumnStride * PANEL_COLUMNS;
  }
}

/** 16 adjacent columns of k rows. */
function packRows(panel: usize, b: usize, bRowStride: usize, k: i32): void {
  for (let p = 0; p < k; p++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    v128.store(panel, b0);
    v128.store(panel, b1, 16);
    v128.store(panel, b2, 32);
    v128.store(panel, b3, 48);
    b += bRowStride;
    panel += PANEL_ROW_BYTES;
  }
}

/** 16 columns whose k elements are adjacent: blocks of 4 × 4 are transposed in registers. */
function packTransposed(panel: usize, b: usize, bColumnStride: usize, k: i32): void {
  const whole = k & -4;
  for (let group = 0; group < 4; group++) {
    let b0 = b;
    let b1 = b0 + bColumnStride;
    let b2 = b1 + bColumnStride;
    let b3 = b2 + bColumnStride;
    let out = panel;
    for (let p = 0; p < whole; p += 4) {
      const v0 = v128.load(b0);
      const v1 = v128.load(b1);
      const v2 = v128.load(b2);
      const v3 = v128.load(b3);
      const low01 = unpackLow(v0, v1);
      const high01 = unpackHigh(v0, v1);
      const low23 = unpackLow(v2, v3);
      const high23 = unpackHigh(v2, v3);
      v128.store(out, lowPairs(low01, low23));
      v128.store(out, highPairs(low01, low23), 64);
      v128.store(out, lowPairs(high01, high23), 128);
      v128.store(out, highPairs(high01, high23), 192);
      b0 += 16;
      b1 += 16;
      b2 += 16;
      b3 += 16;
      out += 256;
    }
    for (let p = whole; p < k; p++) {
      f32.store(out, f32.load(b0));
      f32.store(out, f32.load(b1), 4);
      f32.store(out, f32.load(b2), 8);
      f32.store(out, f32.load(b3), 12);
      b0 += 4;
      b1 += 4;
      b2 += 4;
      b3 += 4;
      out += PANEL_ROW_BYTES;
    }
    b += bColumnStride << 2;
    panel += 16;
  }
}

/** A panel of fewer columns, or of strides that nothing is known about. */
function packRagged(panel: usize, b: usize, bRowStride: usize, bColumnStride: usize, k: i32, width: i32): void {
  for (let p = 0; p < k; p++) {
    let from = b;
    let to = panel;
    const end = panel + PANEL_ROW_BYTES;
    for (let column = 0; column < width; column++) {
      f32.store(to, f32.load(from));
      from += bColumnStride;
      to += 4;
    }
    while (to < end) {
      f32.store(to, 0);
      to += 4;
    }
    b += bRowStride;
    panel = end;
  }
}

/** `rows` (1 to 6) rows of A [rows, k] → for each k the elements of all rows, adjacent. */
export function packTileRows(out: usize, a: usize, aRowStride: usize, aColumnStride: usize, rows: i32, k: i32): void {
  if (aRowStride == 4 && rows > 1) {
    packAdjacentRows(out, a, aColumnStride, rows, k);
  } else if (aColumnStride == 4) {
    if (rows == 6) {
      interleaveSix(out, a, aRowStride, k);
    } else {
      const rowBytes = <usize>rows << 2;
      if (rows >= 4) interleaveFour(out, rowBytes, a, aRowStride, k);
      for (let row = rows & 4; row < rows; row++) spreadRow(out + (<usize>row << 2), rowBytes, a + <usize>row * aRowStride, k);
    }
  } else {
    gatherRows(out, a, aRowStride, aColumnStride, rows, k);
  }
}

/** A is stored transposed: the elements of one k lie side by side already. */
function packAdjacentRows(out: usize, a: usize, aColumnStride: usize, rows: i32, k: i32): void {
  if (rows == 6) {
    for (let p = 0; p < k; p++) {
      v128.store(out, v128.load(a));
      i64.store(out, i64.load(a, 16), 16);
      a += aColumnStride;
      out += 24;
    }
  } else if (rows >= 4) {
    const fifth = rows == 5;
    for (let p = 0; p < k; p++) {
      v128.store(out, v128.load(a));
      if (fifth) f32.store(out, f32.load(a, 16), 16);
      a += aColumnStride;
      out += <usize>rows << 2;
    }
  } else {
    const third = rows == 3;
    for (let p = 0; p < k; p++) {
      i64.store(out, i64.load(a));
      if (third) f32.store(out, f32.load(a, 8), 8);
      a += aColumnStride;
      out += <usize>rows << 2;
    }
  }
}

/** Six rows of adjacent elements: 6 × 4 blocks are transposed in registers. */
function interleaveSix(out: usize, a: usize, aRowStride: usize, k: i32): void {
  let a0 = a;
  let a1 = a0 + aRowStride;
  let a2 = a1 + aRowStride;
  let a3 = a2 + aRowStride;
  let a4 = a3 + aRowStride;
  let a5 = a4 + aRowStride;
  const whole = k & -4;
  for (let p = 0; p < whole; p += 4) {
    const v0 = v128.load(a0);
    const v1 = v128.load(a1);
    const v2 = v128.load(a2);
    const v3 = v128.load(a3);
    const v4 = v128.load(a4);
    const v5 = v128.load(a5);
    const low01 = unpackLow(v0, v1);
    const low23 = unpackLow(v2, v3);
    const low45 = unpackLow(v4, v5);
    const high01 = unpackHigh(v0, v1);
    const high23 = unpackHigh(v2, v3);
    const high45 = unpackHigh(v4, v5);
    v128.store(out, lowPairs(low01, low23));
    v128.store(out, v128.shuffle<f64>(low45, low01, 0, 3), 16);
    v128.store(out, highPairs(low23, low45), 32);
    v128.store(out, lowPairs(high01, high23), 48);
    v128.store(out, v128.shuffle<f64>(high45, high01, 0, 3), 64);
    v128.store(out, highPairs(high23, high45), 80);
    a0 += 16;
    a1 += 16;
    a2 += 16;
    a3 += 16;
    a4 += 16;
    a5 += 16;
    out += 96;
  }
  gatherRows(out, a0, aRowStride, 4, 6, k - whole);
}

/** Four rows of adjacent elements, `stride` bytes from one k to the next. */
function interleaveFour(out: usize, stride: usize, a: usize, aRowStride: usize, k: i32): void {
  let a0 = a;
  let a1 = a0 + aRowStride;
  let a2 = a1 + aRowStride;
  let a3 = a2 + aRowStride;
  const whole = k & -4;
  for (let p = 0; p < whole; p += 4) {
    const v0 = v128.load(a0);
    const v1 = v128.load(a1);
    const v2 = v128.load(a2);
    const v3 = v128.load(a3);
    const low01 = unpackLow(v0, v1);
    const low23 = unpackLow(v2, v3);
    const high01 = unpackHigh(v0, v1);
    const high23 = unpackHigh(v2, v3);
    v128.store(out, lowPairs(low01, low23));
    out += stride;
    v128.store(out, highPairs(low01, low23));
    out += stride;
    v128.store(out, lowPairs(high01, high23));
    out += stride;
    v128.store(out, highPairs(high01, high23));
    out += stride;
    a0 += 16;
    a1 += 16;
    a2 += 16;
    a3 += 16;
  }
  for (let row: usize = 0; row < 4; row++) spreadRow(out + (row << 2), stride, a0 + row * aRowStride, k - whole);
}

/** One row of adjacent elements, `stride` bytes from one to the next. */
function spreadRow(out: usize, stride: usize, a: usize, k: i32): void {
  const end = a + (<usize>k << 2);
  for (; a < end; a += 4) {
    f32.store(out, f32.load(a));
    out += stride;
  }
}

/** Any strides, any number of rows. */
function gatherRows(out: usize, a: usize, aRowStride: usize, aColumnStride: usize, rows: i32, k: i32): void {
  for (let p = 0; p < k; p++) {
    let from = a;
    for (let row = 0; row < rows; row++) {
      f32.store(out, f32.load(from));
      from += aRowStride;
      out += 4;
    }
    a += aColumnStride;
  }
}
