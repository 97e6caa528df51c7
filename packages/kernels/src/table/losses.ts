/**
 * A loss of rows with its gradient. Of row r, with outputs `x`, targets and weight w, it computes a loss; `d` is the
 * gradient of Σ w·loss by the outputs (of the weighted SUM, not the mean), and may be `x`. `sums` (3 float64) is SET to
 * Σ w·loss, Σ w and Σ w·correct, added in float64 in row order. Within a row, terms are added in float64, four lanes
 * i mod 4, each in order, then (l0 + l1) + (l2 + l3).
 *
 * `targets` are float32 [rows, columns].
 */
export type Loss = (
  d: number,
  sums: number,
  x: number,
  targets: number,
  weights: number,
  rows: number,
  columns: number,
) => void;

/** A loss with a number: a float as the int32 of its bits. */
export type LossWithNumber = (
  d: number,
  sums: number,
  x: number,
  targets: number,
  weights: number,
  rows: number,
  columns: number,
  number: number,
) => void;

/**
 * A loss whose targets are `labels`, one int32 for each row, already known to lie in [0, classes); else as `Loss`.
 */
export type SparseLoss = (
  d: number,
  sums: number,
  x: number,
  labels: number,
  weights: number,
  rows: number,
  classes: number,
) => void;

/**
 * Losses, defined as in Keras 3 where nothing else is said. ε is its epsilon, 1e-7. `clip(x)` is x in [ε, 1 - ε], and where
 * it changes x the gradient is 0. p, t: outputs and targets; z: logits. A row's loss is the mean over its columns unless
 * it says Σ. `correct` is 0 unless something is said of it.
 */
export interface LossKernels {
  /**
   * Softmax and cross-entropy in one, from logits, with class indices: loss = log Σ exp(z - max) - Σ s · (z - max), where
   * s = onehot(t) · (1 - smoothing) + smoothing / classes; d = w · (softmax(z) - s). `correct`: the first maximum of z is
   * at t. `smoothing`: a float as the int32 of its bits; without it, it is 0.
   */
  softmaxCrossEntropy(
    d: number,
    sums: number,
    logits: number,
    labels: number,
    weights: number,
    rows: number,
    classes: number,
    smoothing?: number,
  ): void;

  /**
   * The same with targets [rows, classes], for instance probabilities: s = t · (1 - smoothing) + smoothing / classes;
   * d = w · (softmax(z) · Σ s - s). Where s is 0 its term is 0. `correct`: z and t have their first maximum in the same
   * place.
   */
  softmaxCrossEntropyDense: LossWithNumber;

  /**
   * Cross-entropy from probabilities, with class indices: loss = -log clip(q[t]), where q = p / Σ p: Keras divides by the
   * sum, so that a last layer other than softmax gives a distribution too. d is by p, through that division.
   * `correct`: the first maximum of p is at t.
   */
  crossEntropy: SparseLoss;

  /**
   * The same with targets [rows, classes]: loss = -Σ s · log clip(q), s = t · (1 - smoothing) + smoothing / classes.
   * `correct`: p and t have their first maximum in the same place.
   */
  crossEntropyDense: LossWithNumber;

  /**
   * Sigmoid and binary cross-entropy in one, from logits: max(z, 0) - z · s + log1p(exp(-|z|)), where
   * s = t · (1 - smoothing) + smoothing / 2; d = w / columns · (sigmoid(z) - s). `correct`: the share of the columns
   * where z > 0 as t > ½.
   */
  sigmoidCrossEntropy: LossWithNumber;

  /**
   * Binary cross-entropy from probabilities: -(s · log q + (1 - s) · log1p(-q)), q = clip(p), s as in `sigmoidCrossEntropy`.
   * `correct`: the share of the columns where p > ½ as t > ½.
   */
  binaryCrossEntropy: LossWithNumber;

  /** (p - t)²; d = w · 2/columns · (p - t). */
  squaredError: Loss;

  /** |p - t|; its derivative at 0 is 0. */
  absoluteError: Loss;

  /** With e = p - t: e² / 2 where |e| <= delta, delta · |e| - delta² / 2 elsewhere (Huber 1964). */
  huber: LossWithNumber;

  /** log cosh (p - t), as |e| + (log1p(exp(-2|e|)) - log 2), whose absolute error is 2⁻²³ where e is small. */
  logCosh: Loss;

  /** max(0, 1 - t · p); a target of 0 counts as -1. `correct`: the share of the columns where p > 0 as t > 0. */
  hinge: Loss;

  /** p - t · log(p + ε). */
  poisson: Loss;

  /**
   * The perceptron's criterion, from weighted sums z with targets 0 and 1: Σ (y - t) · z, where y = 1 where z > 0 and else 0.
   * It is max(0, -(2t - 1) · z) (Bishop 2006, 4.1.7), and its gradient w · (y - t) is the rule of Rosenblatt 1958.
   * `correct`: the share of the columns where z > 0 as t > ½.
   */
  perceptron: Loss;

  /** Σ t · log(t / p), both in [ε, 1]; where that changes p the gradient is 0. */
  kullbackLeibler: Loss;
}
