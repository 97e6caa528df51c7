/** Losses. LLL */
export interface LossKernels {
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
}
