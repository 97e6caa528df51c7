import { GEMM_DEPTH, type KernelTable, PANEL_WIDTH } from '../table.ts';
import { fusedMultiplyAdd } from './fusedMultiplyAdd.ts';
import type { MemoryViews } from './memoryViews.ts';

const PANEL_ROW_BYTES = PANEL_WIDTH * 4;

/** Packing and the matrix products, element by element. */
export function referenceProduct(
  views: MemoryViews,
): Pick<KernelTable, 'packPanels' | 'gemm' | 'gemmBias' | 'gemmMasked'> {
  /** One element's chain from `start`. `a`: address of the row's first element. */
  const chain = (
    start: number,
    a: number,
    aColumnStride: number,
    panels: number,
    panelStride: number,
    column: number,
    k: number,
  ): number => {
    const x = views.float32;
    let sum = start;
    for (let p = 0; p < k; p++) {
      const right = x[panelAddress(panels, panelStride, p, column) >>> 2];
      sum = fusedMultiplyAdd(x[(a + p * aColumnStride) >>> 2], right, sum);
    }
    return sum;
  };

  return {
    packPanels(panels, panelStride, b, bRowStride, bColumnStride, k, n) {
      const x = views.float32;
      for (let p = 0; p < k; p++) {
        for (let column = 0; column < padded(n); column++) {
          const value = column < n ? x[(b + p * bRowStride + column * bColumnStride) >>> 2] : 0;
          x[panelAddress(panels, panelStride, p, column) >>> 2] = value;
        }
      }
    },

    gemm(c, cRowStride, folds, foldStride, a, aRowStride, aColumnStride, panels, panelStride, m, n, k) {
      const x = views.float32;
      for (let row = 0; row < m; row++) {
        for (let column = 0; column < n; column++) {
          let sum = chain(0, a + row * aRowStride, aColumnStride, panels, panelStride, column, k);
          let target = c + row * cRowStride + column * 4;
          if (folds > 0 && k > GEMM_DEPTH) x[(target + foldStride) >>> 2] = sum;
          for (let fold = 0; fold < folds; fold++) {
            if (fold > 0) target -= foldStride;
            sum = Math.fround(x[target >>> 2] + sum);
          }
          x[target >>> 2] = sum;
        }
      }
    },

    gemmBias(c, cRowStride, a, aRowStride, aColumnStride, panels, panelStride, m, n, k, bias, relu) {
      const x = views.float32;
      for (let row = 0; row < m; row++) {
        for (let column = 0; column < n; column++) {
          const start = bias === 0 ? 0 : x[(bias >>> 2) + column];
          const sum = chain(start, a + row * aRowStride, aColumnStride, panels, panelStride, column, k);
          // NaN is not < 0 and stays, and so does -0.
          x[(c + row * cRowStride + column * 4) >>> 2] = relu !== 0 && sum < 0 ? 0 : sum;
        }
      }
    },

    // oxfmt-ignore
    gemmMasked(
      c, cRowStride, packed, packedStride, mask, maskRowStride, a, aRowStride, aColumnStride, panels, panelStride, m, n, k,
    ) {
      const x = views.float32;
      for (let row = 0; row < m; row++) {
        for (let column = 0; column < padded(n); column++) {
          const shown = mask === 0 || x[(mask + row * maskRowStride + column * 4) >>> 2] > 0;
          const sum = chain(0, a + row * aRowStride, aColumnStride, panels, panelStride, column, k);
          const value = shown && column < n ? sum : 0;
          x[panelAddress(packed, packedStride, row, column) >>> 2] = value;
          if (column < n) x[(c + row * cRowStride + column * 4) >>> 2] = value;
        }
      }
    },
  };
}

function padded(columns: number): number {
  return Math.ceil(columns / PANEL_WIDTH) * PANEL_WIDTH;
}

/** Address of an element of a packed matrix. */
export function panelAddress(panels: number, panelStride: number, p: number, column: number): number {
  const lane = column % PANEL_WIDTH;
  return panels + ((column - lane) / PANEL_WIDTH) * panelStride + p * PANEL_ROW_BYTES + lane * 4;
}
