import { CATEGORY_MODE } from '../table.ts';
import type { CategoryKernels } from '../table/categories.ts';
import { foldInto } from './foldInto.ts';
import type { MemoryViews } from './memoryViews.ts';

/** Kernels on indices. */
export function referenceCategories(views: MemoryViews): CategoryKernels {
  return {
    embeddingGather(y, yStride, indices, indicesStride, table, rows, indexCount, dimension, vocabulary) {
      const f = views.float32;
      for (let row = 0; row < rows; row++) {
        for (let k = 0; k < indexCount; k++) {
          const entry = f[((indices + row * indicesStride) >>> 2) + k];
          const known = isCategory(entry, vocabulary);
          for (let i = 0; i < dimension; i++) {
            const value = known ? f[(table >>> 2) + entry * dimension + i] : NaN;
            f[((y + row * yStride) >>> 2) + k * dimension + i] = value;
          }
        }
      }
    },

    // oxfmt-ignore
    embeddingGradient(
      out, dy, dyStride, indices, indicesStride, rows, indexCount, dimension, firstEntry, entries, folds, foldStride,
    ) {
      const f = views.float32;
      const sums = (folds > 0 ? out + foldStride : out) >>> 2;
      f.fill(0, sums, sums + entries * dimension);
      for (let row = 0; row < rows; row++) {
        for (let k = 0; k < indexCount; k++) {
          const entry = f[((indices + row * indicesStride) >>> 2) + k];
          if (!isCategory(entry, firstEntry + entries) || entry < firstEntry) continue;
          for (let i = 0; i < dimension; i++) {
            f[sums + (entry - firstEntry) * dimension + i] += f[((dy + row * dyStride) >>> 2) + k * dimension + i];
          }
        }
      }
      if (folds === 0) return;
      for (let i = 0; i < entries * dimension; i++) foldInto(f, out + i * 4, f[sums + i], folds, foldStride);
    },

    categoryEncoding(y, yStride, indices, indicesStride, rows, indexCount, categories, mode) {
      const f = views.float32;
      const width = mode === CATEGORY_MODE.oneHot ? indexCount * categories : categories;
      for (let row = 0; row < rows; row++) {
        const to = (y + row * yStride) >>> 2;
        const from = (indices + row * indicesStride) >>> 2;
        const all = f.slice(from, from + indexCount);
        const valid = all.every((category) => isCategory(category, categories));
        f.fill(valid ? 0 : NaN, to, to + width);
        if (!valid) continue;
        for (const [k, category] of all.entries()) {
          const at = to + (mode === CATEGORY_MODE.oneHot ? k * categories : 0) + category;
          f[at] = mode === CATEGORY_MODE.count ? f[at] + 1 : 1;
        }
      }
    },
  };
}

/** Whether a feature holds a whole number in [0, categories). */
function isCategory(value: number, categories: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < categories;
}
