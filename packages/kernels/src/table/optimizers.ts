/** Updates of a range of parameters; all are restartable by `progress`. */
export interface OptimizerKernels {
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
