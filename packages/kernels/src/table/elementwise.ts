/** Kernels that work element by element, or down the columns. */
export interface ElementwiseKernels {
  /**
   * out [columns] = sums over the rows of a packed matrix [rows, columns], each a chain in row order starting at 0; added
   * to older sums as in `gemm` when `folds` > 0.
   */
  columnSum(
    out: number,
    panels: number,
    panelStride: number,
    rows: number,
    columns: number,
    folds: number,
    foldStride: number,
  ): void;

  /** `out` (one float64) is SET to Σ x², in float64: four lanes i mod 4, each in order, then (l0 + l1) + (l2 + l3). */
  sumOfSquares(out: number, x: number, n: number): void;

  /**
   * target [n] = keep ? target [n] + source [n] : source [n], a float32 addition each. `keep` is 0 or 1. Restartable by
   * `progress`.
   */
  accumulate(target: number, source: number, keep: number, progress: number, n: number): void;

  /**
   * gradient [n] = fma(weight, fma(2 · l2, w, l1 · sign(w)), gradient), with sign(0) = 0, where `weight` is the address of a
   * float32; and `penalty` (one float64) is SET to l1 · Σ|w| + l2 · Σ w², both sums as that of `sumOfSquares`. l1 and l2 are
   * floats as the int32 of their bits (`floatBits`).
   */
  regularize(
    penalty: number,
    gradient: number,
    weights: number,
    weight: number,
    n: number,
    l1: number,
    l2: number,
  ): void;
}
