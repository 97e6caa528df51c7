import { type KernelTable, PANEL_WIDTH } from '../table.ts';
import { fusedMultiplyAdd } from './fusedMultiplyAdd.ts';
import type { MemoryViews } from './memoryViews.ts';

const PANEL_ROW_BYTES = PANEL_WIDTH * 4;

/** Packing and the matrix product, element by element. */
export function referenceProduct(views: MemoryViews): Pick<KernelTable, 'packPanels' | 'gemm'> {
  return {
    packPanels(panels, panelStride, b, bRowStride, bColumnStride, k, n) {
      const x = views.float32;
      for (let p = 0; p < k; p++) {
        for (let column = 0; column < Math.ceil(n / PANEL_WIDTH) * PANEL_WIDTH; column++) {
          const value = column < n ? x[(b + p * bRowStride + column * bColumnStride) >>> 2] : 0;
          x[panelAddress(panels, panelStride, p, column) >>> 2] = value;
        }
      }
    },

    gemm(c, cRowStride, a, aRowStride, aColumnStride, panels, panelStride, m, n, k, accumulate) {
      const x = views.float32;
      for (let row = 0; row < m; row++) {
        for (let column = 0; column < n; column++) {
          let sum = 0;
          for (let p = 0; p < k; p++) {
            const left = x[(a + row * aRowStride + p * aColumnStride) >>> 2];
            const right = x[panelAddress(panels, panelStride, p, column) >>> 2];
            sum = fusedMultiplyAdd(left, right, sum);
          }
          const target = (c + row * cRowStride + column * 4) >>> 2;
          x[target] = accumulate ? x[target] + sum : sum;
        }
      }
    },
  };
}

function panelAddress(panels: number, panelStride: number, p: number, column: number): number {
  const lane = column % PANEL_WIDTH;
  return panels + ((column - lane) / PANEL_WIDTH) * panelStride + p * PANEL_ROW_BYTES + lane * 4;
}
