/** The perceptron's rule. */
export interface PerceptronKernels {
  /**
   * One pass of Rosenblatt's rule (1958) over x [rows, inputs], row after row: z = Σ weights · x + bias, predicted is 1 where
   * z > 0 and else 0; where the label says otherwise, error = label - predicted, weights = fma(learningRate · error, x, weights),
   * bias += learningRate · error, and `mistakes` (int32) += 1. `labels` [rows] are int32: 0, or anything else for 1. `learningRate`
   * is a float as the int32 of its bits. The sum is in float64: four lanes i mod 4, each in order, then (l0 + l1) + (l2 + l3), and
   * the bias last.
   *
   * Restartable: `progress` are two int32, to be set to 0 before a pass. The first says how many rows are done. The second is
   * error · (1 + elements of `weights` that are corrected) while a row's correction is being made, and else 0.
   */
  perceptron(
    weights: number,
    bias: number,
    mistakes: number,
    x: number,
    xStride: number,
    labels: number,
    rows: number,
    inputs: number,
    learningRate: number,
    progress: number,
  ): void;
}
