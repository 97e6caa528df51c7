// Matrices whose rows lie apart, element by element.

import { storeEight } from './eights';
import { loadUpTo, storeUpTo } from './lanes';

/** to = from, or to += from; see the table of kernels. */
export function copyRows(
  to: usize, toStride: usize, from: usize, fromStride: usize, rows: i32, columns: i32, add: i32,
): void {
  for (let row = 0; row < rows; row++) {
    if (add) addRow(to, from, columns);
    else copyRow(to, from, columns);
    to += toStride;
    from += fromStride;
  }
}

/** to [columns] = from. */
export function copyRow(to: usize, from: usize, columns: i32): void {
  for (; columns > 0; columns -= 8) {
    storeEight(to, v128.load(from), v128.load(from, 16), columns);
    to += 32;
    from += 32;
  }
}

/** to [columns] += from, and no more of `to` is read: it may be the end of the memory. */
export function addRow(to: usize, from: usize, columns: i32): void {
  for (; columns >= 8; columns -= 8) {
    const sum0 = f32x4.add(v128.load(to), v128.load(from));
    const sum1 = f32x4.add(v128.load(to, 16), v128.load(from, 16));
    v128.store(to, sum0);
    v128.store(to, sum1, 16);
    to += 32;
    from += 32;
  }
  for (; columns > 0; columns -= 4) {
    storeUpTo(to, f32x4.add(loadUpTo(to, columns), v128.load(from)), columns);
    to += 16;
    from += 16;
  }
}

/** to = fma(from, scale [columns], offset [columns]); see the table of kernels. */
export function affineRows(
  to: usize, toStride: usize, from: usize, fromStride: usize, scale: usize, offset: usize, rows: i32, columns: i32,
): void {
  for (let row = 0; row < rows; row++) {
    let i: usize = 0;
    for (let left = columns; left > 0; left -= 8) {
      const y0 = f32x4.relaxed_madd(v128.load(from + i), v128.load(scale + i), v128.load(offset + i));
      const y1 = f32x4.relaxed_madd(v128.load(from + i, 16), v128.load(scale + i, 16), v128.load(offset + i, 16));
      storeEight(to + i, y0, y1, left);
      i += 32;
    }
    to += toStride;
    from += fromStride;
  }
}

/** dx = dy · scale [columns]; see the table of kernels. */
export function scaleRows(
  dx: usize, dxStride: usize, dy: usize, dyStride: usize, scale: usize, rows: i32, columns: i32,
): void {
  for (let row = 0; row < rows; row++) {
    let i: usize = 0;
    for (let left = columns; left > 0; left -= 8) {
      const product0 = f32x4.mul(v128.load(dy + i), v128.load(scale + i));
      const product1 = f32x4.mul(v128.load(dy + i, 16), v128.load(scale + i, 16));
      storeEight(dx + i, product0, product1, left);
      i += 32;
    }
    dx += dxStride;
    dy += dyStride;
  }
}
