/** An activation: y [n] from x [n], element by element; y may be x. */
export type Activation = (y: number, x: number, n: number) => void;
/** dx [n] = dy [n] times the derivative, which is got from the activation's result y [n]; dx may be dy. */
export type GradientFromResult = (dx: number, dy: number, y: number, n: number) => void;
/** dx [n] = dy [n] times the derivative, which is got from what the activation was given, x [n]; dx may be dy. */
export type GradientFromInput = (dx: number, dy: number, x: number, n: number) => void;

/**
 * Activations and their gradients. NaN stays NaN, so that a broken run is seen. exp, log, tanh, erf and sigmoid are
 * functions of our own, within 2 units in the last place over the whole range of float32 (`reference/functions.ts`).
 */
export interface ActivationKernels {
  /** max(x, 0). */
  relu: Activation;
  /** dx [n] = y [n] > 0 ? dy [n] : 0, where y is the result of relu; dx may be dy. */
  reluGradient: GradientFromResult;

  /** 1 / (1 + exp(-x)). */
  sigmoid: Activation;
  /** dy · y · (1 - y). */
  sigmoidGradient: GradientFromResult;

  tanh: Activation;
  /** dy · (1 - y²). */
  tanhGradient: GradientFromResult;

  /** x > 0 ? x : slope · x. `slope` >= 0: a float as the int32 of its bits. */
  leakyRelu(y: number, x: number, n: number, slope: number): void;
  /** y > 0 ? dy : slope · dy. */
  leakyReluGradient(dx: number, dy: number, y: number, n: number, slope: number): void;

  /** x > 0 ? x : alpha · (exp(x) - 1) (Clevert et al. 2015). `alpha` >= 0: a float as the int32 of its bits. */
  elu(y: number, x: number, n: number, alpha: number): void;
  /** dy · (y > 0 ? 1 : y + alpha). */
  eluGradient(dx: number, dy: number, y: number, n: number, alpha: number): void;

  /** λ · elu(x) with α = 1.6732632423543772 and λ = 1.0507009873554805 (Klambauer et al. 2017). */
  selu: Activation;
  /** dy · (y > 0 ? λ : y + λ·α). */
  seluGradient: GradientFromResult;

  /** x · Φ(x), Φ(x) = (1 + erf(x / √2)) / 2 (Hendrycks & Gimpel 2016). Absolute error for x < 0: |x| · 2⁻²⁴. */
  gelu: Activation;
  /** dy · (Φ(x) + x · exp(-x² / 2) / √(2π)). */
  geluGradient: GradientFromInput;

  /** x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2, the approximation of the same paper. */
  geluTanh: Activation;
  geluTanhGradient: GradientFromInput;

  /** x · sigmoid(x), also called swish. */
  silu: Activation;
  /** dy · s · (1 + x · (1 - s)), s = sigmoid(x). */
  siluGradient: GradientFromInput;

  /** log(1 + exp(x)), as max(x, 0) + log1p(exp(-|x|)). */
  softplus: Activation;
  /** dy · (1 - exp(-y)). */
  softplusGradient: GradientFromResult;

  /** min(max(x + 3, 0), 6) / 6, as Keras 3 defines it. */
  hardSigmoid: Activation;
  /** 0 < y < 1 ? dy / 6 : 0. */
  hardSigmoidGradient: GradientFromResult;

  /** x <= 0 ? 0 : 1. */
  step: Activation;
  /** 0. */
  stepGradient: GradientFromResult;

  /** y [rows, columns] = softmax of each row of x; y may be x. The row's maximum is subtracted first. */
  softmax(y: number, x: number, rows: number, columns: number): void;

  /**
   * dx [rows, columns] = y · (dy - Σ dy · y), where y is the result of softmax; dx may be dy. The sum over the row is in
   * float64: four lanes i mod 4, each in order, then (l0 + l1) + (l2 + l3), and is rounded to float32.
   */
  softmaxGradient(dx: number, dy: number, y: number, rows: number, columns: number): void;
}
