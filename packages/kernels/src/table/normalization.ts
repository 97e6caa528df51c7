/**
 * Layer normalization (Ba, Kiros & Hinton 2016) and batch normalization (Ioffe & Szegedy 2015). Matrices are [rows, columns]
 * with rows so many bytes apart. x̂ = (x - mean) · inverse, in float32, with inverse = 1 / √(variance + ε) computed in float64
 * and rounded. `epsilon` is ε: a float as the int32 of its bits (`floatBits`). `gamma` and `beta` are vectors [columns], or 0
 * for none. Outputs overlap no inputs.
 */
export interface NormalizationKernels {
  /**
   * y = fma(x̂, gamma, beta), where each row has a mean and a variance over its columns. `statistics` [rows, 2] is SET to
   * each row's mean and inverse, float32. Mean and variance (biased, of the distances from the mean in a second pass) are
   * sums in float64: eight lanes i mod 8, each in order, then ((l0 + l1) + (l2 + l3)) + ((l4 + l5) + (l6 + l7)).
   */
  layerNormalization(
    y: number,
    yStride: number,
    statistics: number,
    x: number,
    xStride: number,
    gamma: number,
    beta: number,
    rows: number,
    columns: number,
    epsilon: number,
  ): void;

  /**
   * With g = dy · gamma: dx = inverse · (g - mean g - x̂ · mean (g · x̂)), means over the row's columns, whose sums are in
   * float64 as those of `layerNormalization` and rounded to float32; x̂ · mean is multiplied and subtracted in one.
   */
  layerNormalizationGradient(
    dx: number,
    dxStride: number,
    dy: number,
    dyStride: number,
    x: number,
    xStride: number,
    statistics: number,
    gamma: number,
    rows: number,
    columns: number,
  ): void;

  /**
   * The gradient of gamma of a layer normalization: out [columns] = Σ dy · x̂, each a chain `sum = fma(dy, x̂, sum)` in row
   * order starting at 0; added to older sums as in `gemm` when `folds` > 0. That of beta is `columnSumRows`.
   */
  normalizedColumnSum(
    out: number,
    dy: number,
    dyStride: number,
    x: number,
    xStride: number,
    statistics: number,
    rows: number,
    columns: number,
    folds: number,
    foldStride: number,
  ): void;

  /**
   * mean [columns] and variance [columns] (biased) of the columns of x, float32, SET. Sums in float64, each a chain in row
   * order starting at 0; the variance of the distances from the mean, not yet rounded, in a second pass. Of no rows both
   * are 0.
   */
  batchStatistics(mean: number, variance: number, x: number, xStride: number, rows: number, columns: number): void;

  /**
   * y = fma(x - mean, gamma · inverse, beta), by columns, with the statistics of the rows at hand or, outside training,
   * with moving ones. Any range of rows or columns may be computed by itself.
   */
  batchNormalization(
    y: number,
    yStride: number,
    x: number,
    xStride: number,
    mean: number,
    variance: number,
    gamma: number,
    beta: number,
    rows: number,
    columns: number,
    epsilon: number,
  ): void;

  /**
   * dx = gamma · inverse · (dy - mean dy - x̂ · mean (dy · x̂)), the gradient through the statistics too, so `rows` must be all
   * those that these were made of. The means are over the rows: sums in float64, each a chain in row order starting at 0,
   * and rounded to float32; x̂ · mean is multiplied and subtracted in one. Any range of columns may be computed by itself.
   */
  batchNormalizationGradient(
    dx: number,
    dxStride: number,
    dy: number,
    dyStride: number,
    x: number,
    xStride: number,
    mean: number,
    variance: number,
    gamma: number,
    rows: number,
    columns: number,
    epsilon: number,
  ): void;

  /** The gradient of gamma of a batch normalization: as `normalizedColumnSum`. */
  batchNormalizedColumnSum(
    out: number,
    dy: number,
    dyStride: number,
    x: number,
    xStride: number,
    mean: number,
    variance: number,
    rows: number,
    columns: number,
    epsilon: number,
    folds: number,
    foldStride: number,
  ): void;

  /**
   * moving [n] = momentum · moving + (1 - momentum) · batch · scale, as fma(momentum, moving, (1 - momentum) · (batch · scale)).
   * `hyper`: float32 at MOVING_AVERAGE_HYPER positions; `scale` is 1 / rows where `batch` is a sum that `weightedSum` made.
   * Restartable by `progress`.
   */
  movingAverage(moving: number, batch: number, hyper: number, progress: number, n: number): void;
}
