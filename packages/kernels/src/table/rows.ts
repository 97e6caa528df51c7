/**
 * Kernels on matrices whose rows lie apart, element by element; and sums down their columns. A matrix is the address of
 * its first row and the distance of its rows in bytes. Outputs overlap no inputs, unless it says so. Behind the last row of an
 * input, and behind a vector, 28 bytes more must lie in the memory: they are read and not used. So it is in all kernels whose
 * rows lie apart: normalization, dropout and categories.
 */
export interface RowKernels {
  /**
   * to [rows, columns] = from; with `add` = 1 to += from, a float32 addition each, for which `to` must be made anew when
   * the call is made again.
   */
  copyRows(
    to: number,
    toStride: number,
    from: number,
    fromStride: number,
    rows: number,
    columns: number,
    add: number,
  ): void;

  /** to [rows, columns] = fma(from, scale [columns], offset [columns]). */
  affineRows(
    to: number,
    toStride: number,
    from: number,
    fromStride: number,
    scale: number,
    offset: number,
    rows: number,
    columns: number,
  ): void;

  /** dx [rows, columns] = dy · scale [columns]: the gradient of `affineRows`. */
  scaleRows(
    dx: number,
    dxStride: number,
    dy: number,
    dyStride: number,
    scale: number,
    rows: number,
    columns: number,
  ): void;

  /**
   * out [columns] = sums over the rows of dy [rows, columns], each a float32 chain in row order starting at 0; added to
   * older sums as in `gemm` when `folds` > 0. `columnSum` for a matrix that is not packed.
   */
  columnSumRows(
    out: number,
    dy: number,
    dyStride: number,
    rows: number,
    columns: number,
    folds: number,
    foldStride: number,
  ): void;

  /**
   * out [n] = factor · x [n], one product each; added to older sums as in `gemm` when `folds` > 0. `factor` is a whole
   * number, best below 2^24, above which float32 rounds it: the rows of a shard, whose statistics are x.
   */
  weightedSum(out: number, x: number, factor: number, n: number, folds: number, foldStride: number): void;
}
