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

  /*
   * The rules below begin alike. Their `hyper` has the float32 numbers of COMMON_HYPER, and then those of the rule:
   * g = gradient · scale; where clip > 0 g is brought into [-clip, clip]; g = g + decay · weights (L2); and
   * weights -= shrink · weights (decoupled decay, Loshchilov & Hutter 2019; shrink is the learning rate times the decay).
   * What decay, shrink or clip is 0 for is left as it is. NaN stays NaN. Products are fused with the sum that follows.
   */

  /** `sgd` with these options. `velocity` 0: momentum is 0. `hyper` goes on as SGDW_HYPER. */
  sgdW(weights: number, velocity: number, gradient: number, hyper: number, progress: number, n: number): void;

  /**
   * `adam` with these options. `maximum` is a vector for AMSGrad (Reddi et al. 2018), which the divisor takes in place of v:
   * maximum = max(v, maximum); 0: without it. `learningRate` of `hyper` is adam's stepSize; it goes on as ADAMW_HYPER.
   */
  adamW(
    weights: number,
    firstMoment: number,
    secondMoment: number,
    maximum: number,
    gradient: number,
    hyper: number,
    progress: number,
    n: number,
  ): void;

  /**
   * NAdam (Dozat 2016), as PyTorch computes it: m and v as in `adam`; weights -= (learningRate · m + gradientStep · g) /
   * (sqrt(v) · secondCorrection + epsilon). With μ(t) = beta1 · (1 - ½ · 0.96^(t · momentumDecay)) and Π(t) = μ(1) ⋯ μ(t),
   * `learningRate` is rate · μ(t+1) / (1 - Π(t+1)) and `gradientStep` is rate · (1 - μ(t)) / (1 - Π(t)).
   * `hyper` goes on as NADAM_HYPER.
   */
  nadam(
    weights: number,
    firstMoment: number,
    secondMoment: number,
    gradient: number,
    hyper: number,
    progress: number,
    n: number,
  ): void;

  /**
   * AdaMax (Kingma & Ba 2015, algorithm 2), as PyTorch computes it: m as in `adam`; norm = max(beta2 · norm, |g| + epsilon);
   * weights -= learningRate · m / norm, where learningRate is the rate / (1 - beta1^t). `hyper` goes on as ADAMAX_HYPER.
   */
  adamax(
    weights: number,
    firstMoment: number,
    norm: number,
    gradient: number,
    hyper: number,
    progress: number,
    n: number,
  ): void;

  /**
   * Adagrad (Duchi et al. 2011): squares += g²; weights -= learningRate · g / (sqrt(squares + innerEpsilon) + epsilon).
   * PyTorch has the outer epsilon, Keras the inner one; the other is 0. `hyper` goes on as ADAGRAD_HYPER.
   */
  adagrad(weights: number, squares: number, gradient: number, hyper: number, progress: number, n: number): void;

  /**
   * RMSprop (Tieleman & Hinton 2012), as PyTorch computes it: squares = rho · squares + (1-rho) · g²;
   * with `mean` (centered; 0: not) mean = rho · mean + (1-rho) · g and variance = max(squares - mean², 0), else variance =
   * squares; step = g / (sqrt(variance + innerEpsilon) + epsilon); with `velocity` (momentum; 0: without)
   * velocity = momentum · velocity + step, which is the step then; weights -= learningRate · step.
   * PyTorch has the outer epsilon, Keras the inner one; the other is 0. `hyper` goes on as RMSPROP_HYPER.
   */
  rmsprop(
    weights: number,
    squares: number,
    mean: number,
    velocity: number,
    gradient: number,
    hyper: number,
    progress: number,
    n: number,
  ): void;

  /**
   * Adadelta (Zeiler 2012): squares = rho · squares + (1-rho) · g²; step = sqrt(steps + epsilon) / sqrt(squares + epsilon) · g;
   * steps = rho · steps + (1-rho) · step²; weights -= learningRate · step. `hyper` goes on as ADADELTA_HYPER.
   */
  adadelta(
    weights: number,
    squares: number,
    steps: number,
    gradient: number,
    hyper: number,
    progress: number,
    n: number,
  ): void;

  /**
   * Lion (Chen et al. 2023): weights -= learningRate · sign(beta1 · moment + (1-beta1) · g), sign(0) = 0;
   * moment = beta2 · moment + (1-beta2) · g. `hyper` goes on as LION_HYPER.
   */
  lion(weights: number, moment: number, gradient: number, hyper: number, progress: number, n: number): void;
}
