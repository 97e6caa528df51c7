/** Matrix products, on packed panels. */
export interface ProductKernels {
  /**
   * Packs B [k, n] into panels of PANEL_WIDTH columns, the last one padded with zeros: panel j, row p holds
   * B[p, 16j … 16j+15] at `panels + j * panelStride + p * 64`. Strides of both directions are given, so a transposed
   * matrix packs without a copy, and a block of rows packs into its place by offsetting `panels`.
   */
  packPanels(
    panels: number,
    panelStride: number,
    b: number,
    bRowStride: number,
    bColumnStride: number,
    k: number,
    n: number,
  ): void;

  /**
   * C [m, n] = A [m, k] · B [k, n], with the panels that `packPanels` made of B. A is addressed by two strides, so it may
   * be transposed. When k is 0 the product is 0. `scratch` is GEMM_SCRATCH_BYTES of memory owned by the calling thread,
   * 64-byte aligned.
   *
   * With `folds` > 0 the product is added to older sums: C₀ at `c`, C₁ at `c - foldStride`, C₂ at `c - 2·foldStride` …:
   * C₀ + product, then C₁ + that, and so on; the last sum is written where its left term was. When
   * k > GEMM_DEPTH the product itself is left at `c + foldStride`, where its chains are kept meanwhile.
   */
  gemm(
    c: number,
    cRowStride: number,
    folds: number,
    foldStride: number,
    a: number,
    aRowStride: number,
    aColumnStride: number,
    panels: number,
    panelStride: number,
    m: number,
    n: number,
    k: number,
    scratch: number,
  ): void;

  /**
   * C [m, n] = bias [n] + A [m, k] · B [k, n], where the chain of an element starts at its bias; with `relu` = 1 what is
   * below 0 becomes 0 (NaN stays NaN, so that a broken run is seen). `bias` is the address of n numbers, rounded up to a
   * multiple of PANEL_WIDTH, or 0 for none.
   */
  gemmBias(
    c: number,
    cRowStride: number,
    a: number,
    aRowStride: number,
    aColumnStride: number,
    panels: number,
    panelStride: number,
    m: number,
    n: number,
    k: number,
    bias: number,
    relu: number,
    scratch: number,
  ): void;

  /**
   * C [m, n] = A [m, k] · B [k, n] where `mask` [m, n] is above 0, elsewhere 0; written to `c` and, as `packPanels` would
   * pack it, to `packed`. `mask` 0: everywhere.
   */
  gemmMasked(
    c: number,
    cRowStride: number,
    packed: number,
    packedStride: number,
    mask: number,
    maskRowStride: number,
    a: number,
    aRowStride: number,
    aColumnStride: number,
    panels: number,
    panelStride: number,
    m: number,
    n: number,
    k: number,
    scratch: number,
  ): void;
}
