/**
 * The signatures of all kernels: the one vocabulary between the WebAssembly module, its scalar reference and the
 * plans that call them.
 *
 * Every argument is a 32-bit integer: an address in bytes inside the shared memory, a stride in bytes, a count of
 * elements, or a flag. Numbers that are not integers (learning rates) travel through memory. Outputs come first,
 * inputs next, sizes last. Matrices are float32, row-major unless strides say otherwise.
 *
 * Dimension letters: m rows of the result, n columns of the result, k the summed dimension.
 *
 * Restartable: a thread can be ended at any moment (`worker.terminate()`), in the middle of a kernel too. A kernel whose
 * inputs are still there can then simply be called again; what adds to older sums (`folds`) or works in place needs them
 * made anew. `accumulate`, `sgd` and `adam` change what cannot be made anew, so they keep a record: `progress` is the address
 * of an int32 that says how many of the n elements are done, any number from 0 to n. They start at that element and
 * advance the word as they go, to n. V8 ends a thread only where a function or an iteration of a loop begins, and an
 * iteration stores its results and then the word. So whatever is cut short, the same call made again, by any thread, completes
 * the range with the bits of a single call; when all is done it changes nothing. Before a new pass over the range the
 * caller sets the word to 0.
 *
 * Determinism: an element of a product is ONE chain `sum = fma(a[k], b[k], sum)` over k = 0, 1, 2 … from one start,
 * whatever the tile, the blocking or the number of rows given at once. Every other kernel states its order too.
 */
export interface KernelTable {
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

  /** dx [n] = y [n] > 0 ? dy [n] : 0, where y is the result of relu; dx may be dy. */
  reluGradient(dx: number, dy: number, y: number, n: number): void;

  /** y [rows, columns] = softmax of each row of x; y may be x. The row's maximum is subtracted first. */
  softmax(y: number, x: number, rows: number, columns: number): void;

  /**
   * Softmax and cross-entropy in one, from logits. For each row r with weight w and class label t:
   * loss = log Σ exp(z - max) - (z[t] - max); dLogits = w · (softmax(z) - onehot(t)).
   * `sums` (3 float64) is SET to Σ w·loss, Σ w, Σ w·[argmax z = t] (first maximum wins), added in float64 in row order.
   * Labels are int32 and already known to lie in [0, classes). The gradient is of the weighted SUM, not the mean.
   */
  softmaxCrossEntropy(
    dLogits: number,
    sums: number,
    logits: number,
    labels: number,
    weights: number,
    rows: number,
    classes: number,
  ): void;

  /**
   * Squared error: for each row, loss = mean over columns of (p - t)²; dPredictions = w · 2/columns · (p - t).
   * `sums` (3 float64) is SET to Σ w·loss, Σ w, 0, added in float64 in row order.
   */
  squaredError(
    dPredictions: number,
    sums: number,
    predictions: number,
    targets: number,
    weights: number,
    rows: number,
    columns: number,
  ): void;

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
   * Stochastic gradient descent on a range, as PyTorch defines it: g = gradient · scale; v = momentum · v + g;
   * weights -= learningRate · (nesterov ? g + momentum · v : v). `velocity` 0: momentum is 0, and
   * v = g is not kept. `hyper`: float32 at SGD_HYPER positions. Restartable by `progress`.
   */
  sgd(weights: number, velocity: number, gradient: number, hyper: number, progress: number, n: number): void;

  /**
   * Adam on a range (Kingma & Ba 2015, algorithm 1): g = gradient · scale; m = beta1·m + (1-beta1)·g;
   * v = beta2·v + (1-beta2)·g²; weights -= stepSize · m / (sqrt(v) · secondCorrection + epsilon), where stepSize is
   * learningRate / (1 - beta1^t) and secondCorrection is 1 / sqrt(1 - beta2^t). `hyper`: float32 at ADAM_HYPER positions.
   * Restartable by `progress`.
   */
  adam(
    weights: number,
    firstMoment: number,
    secondMoment: number,
    gradient: number,
    hyper: number,
    progress: number,
    n: number,
  ): void;
}

export type KernelName = keyof KernelTable;

/** Columns of a packed panel; both register tiles read the same panels. */
export const PANEL_WIDTH = 16;
/** Longest k whose chains stay in registers from their start to their end. */
export const GEMM_DEPTH = 256;
/** Scratch that products need from their caller: packed rows of A, a tile for ragged edges, rows of zeros and ones. */
export const GEMM_SCRATCH_BYTES: number = 160 * 1024;

/** Positions of the float32 numbers that `sgd` reads. `nesterov` is 0 or 1. */
export const SGD_HYPER = { scale: 0, learningRate: 1, momentum: 2, nesterov: 3 } as const;
/** Positions of the float32 numbers that `adam` reads. */
export const ADAM_HYPER = {
  scale: 0,
  stepSize: 1,
  beta1: 2,
  oneMinusBeta1: 3,
  beta2: 4,
  oneMinusBeta2: 5,
  secondCorrection: 6,
  epsilon: 7,
} as const;
