// What belongs to a category: features that hold whole numbers, which choose rows of a table or columns of an encoding.

import { storeEight } from './eights';
import { foldColumns } from './elementwise';
import { loadUpTo } from './lanes';
import { addRow, copyRow } from './rows';

/** The category that a feature holds; -1 when that is not a whole number in [0, categories). */
// @ts-ignore: decorator
@inline
function categoryAt(index: usize, categories: i32): i32 {
  const value = <f64>f32.load(index);
  // NaN fails the first comparison.
  return value >= 0 && value < <f64>categories && trunc<f64>(value) == value ? <i32>value : -1;
}

/** y [columns] = value. */
function fill(y: usize, value: f32, columns: i32): void {
  const values = f32x4.splat(value);
  for (; columns > 0; columns -= 8) {
    storeEight(y, values, values, columns);
    y += 32;
  }
}

/** y [rows, indexCount · dimension] = entries of the table; see the table of kernels. */
export function embeddingGather(
  y: usize, yStride: usize, indices: usize, indicesStride: usize, table: usize, rows: i32, indexCount: i32, dimension: i32,
  vocabulary: i32,
): void {
  const entryBytes = <usize>dimension << 2;
  for (let row = 0; row < rows; row++) {
    let to = y;
    for (let k = 0; k < indexCount; k++) {
      const entry = categoryAt(indices + (<usize>k << 2), vocabulary);
      if (entry >= 0) copyRow(to, table + <usize>entry * entryBytes, dimension);
      else fill(to, NaN, dimension);
      to += entryBytes;
    }
    y += yStride;
    indices += indicesStride;
  }
}

/** out [entries, dimension] = Σ dy of each entry, added to `folds` older sums; see the table of kernels. */
export function embeddingGradient(
  out: usize, dy: usize, dyStride: usize, indices: usize, indicesStride: usize, rows: i32, indexCount: i32, dimension: i32,
  firstEntry: i32, entries: i32, folds: i32, foldStride: usize,
): void {
  const entryBytes = <usize>dimension << 2;
  const sums = folds > 0 ? out + foldStride : out;
  const n = entries * dimension;
  const endEntry = firstEntry + entries;
  fill(sums, 0, n);
  for (let row = 0; row < rows; row++) {
    let from = dy;
    for (let k = 0; k < indexCount; k++) {
      const entry = categoryAt(indices + (<usize>k << 2), endEntry) - firstEntry;
      if (entry >= 0) addRow(sums + <usize>entry * entryBytes, from, dimension);
      from += entryBytes;
    }
    dy += dyStride;
    indices += indicesStride;
  }
  if (folds > 0) {
    for (let i = 0; i < n; i += 4) {
      const offset = <usize>i << 2;
      foldColumns(out + offset, loadUpTo(sums + offset, n - i), n - i, folds, foldStride);
    }
  }
}

/** What the numbers of an encoding say: each index by itself, whether a category is there, or how many times. */
const ONE_HOT: i32 = 0;
const COUNT: i32 = 2;

/** y [rows, …] = the categories of each row, as zeros and ones or counts; see the table of kernels. */
export function categoryEncoding(
  y: usize, yStride: usize, indices: usize, indicesStride: usize, rows: i32, indexCount: i32, categories: i32, mode: i32,
): void {
  const width = mode == ONE_HOT ? indexCount * categories : categories;
  for (let row = 0; row < rows; row++) {
    fill(y, 0, width);
    let place = y;
    for (let k = 0; k < indexCount; k++) {
      const category = categoryAt(indices + (<usize>k << 2), categories);
      if (category < 0) {
        fill(y, NaN, width);
        break;
      }
      const element = place + (<usize>category << 2);
      f32.store(element, mode == COUNT ? f32.load(element) + 1 : 1);
      if (mode == ONE_HOT) place += <usize>categories << 2;
    }
    y += yStride;
    indices += indicesStride;
  }
}
