/**
 * Kernels on indices: features [rows, indexCount] that are float32 and hold whole numbers, exact up to 2^24, with rows so many
 * bytes apart. Other values, negative or too large ones and NaN among them, are none and show as NaN in the row's output.
 */
export interface CategoryKernels {
  /**
   * y [rows, indexCount · dimension] = for each row the entries of `table` [vocabulary, dimension] at its indices, one after the
   * other. In place of an entry that is not in the table there is NaN.
   */
  embeddingGather(
    y: number,
    yStride: number,
    indices: number,
    indicesStride: number,
    table: number,
    rows: number,
    indexCount: number,
    dimension: number,
    vocabulary: number,
  ): void;

  /**
   * The gradient of entries [firstEntry, firstEntry + entries) of the table: out [entries, dimension] = Σ dy over all places
   * that have the entry's index, each a float32 chain in the order of rows and, within a row, of indices, starting at 0. Indices
   * elsewhere add nothing. With `folds` > 0 it is added to older sums as in `gemm`, and the sum itself is left at
   * `out + foldStride`, where it is made.
   */
  embeddingGradient(
    out: number,
    dy: number,
    dyStride: number,
    indices: number,
    indicesStride: number,
    rows: number,
    indexCount: number,
    dimension: number,
    firstEntry: number,
    entries: number,
    folds: number,
    foldStride: number,
  ): void;

  /**
   * y [rows, columns] = the indices of each row as CATEGORY_MODE says. `oneHot`: one vector for each index, one after the other,
   * columns = indexCount · categories; `multiHot`: 1 at every index, columns = categories; `count`: how many times each occurs.
   * An index that is not in [0, categories) makes its whole row NaN.
   */
  categoryEncoding(
    y: number,
    yStride: number,
    indices: number,
    indicesStride: number,
    rows: number,
    indexCount: number,
    categories: number,
    mode: number,
  ): void;
}
