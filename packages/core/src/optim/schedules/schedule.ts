/** A step size: one number, or one that changes from update to update. Plain data: it crosses to threads and into files. */
export type LearningRate = number | LearningRateSchedule;

export type LearningRateSchedule =
  | ExponentialDecaySpec
  | InverseTimeDecaySpec
  | InverseScalingSpec
  | PolynomialDecaySpec
  | PiecewiseConstantDecaySpec
  | CosineDecaySpec
  | CosineDecayRestartsSpec
  | OneCycleSpec
  | WarmUpSpec;

export interface ExponentialDecaySpec {
  readonly kind: 'exponentialDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  readonly staircase: boolean;
}

export interface InverseTimeDecaySpec {
  readonly kind: 'inverseTimeDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  readonly staircase: boolean;
}

export interface InverseScalingSpec {
  readonly kind: 'inverseScaling';
  readonly initialLearningRate: number;
  readonly power: number;
}

export interface PolynomialDecaySpec {
  readonly kind: 'polynomialDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly endLearningRate: number;
  readonly power: number;
  readonly cycle: boolean;
}

export interface PiecewiseConstantDecaySpec {
  readonly kind: 'piecewiseConstantDecay';
  readonly boundaries: readonly number[];
  readonly values: readonly number[];
}

export interface CosineDecaySpec {
  readonly kind: 'cosineDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly alpha: number;
}

export interface CosineDecayRestartsSpec {
  readonly kind: 'cosineDecayRestarts';
  readonly initialLearningRate: number;
  readonly firstDecaySteps: number;
  readonly tMul: number;
  readonly mMul: number;
  readonly alpha: number;
}

export interface OneCycleSpec {
  readonly kind: 'oneCycle';
  readonly maxLearningRate: number;
  readonly totalSteps: number;
  readonly warmUpShare: number;
  readonly divFactor: number;
  readonly finalDivFactor: number;
}

export interface WarmUpSpec {
  readonly kind: 'warmUp';
  readonly steps: number;
  readonly learningRate: LearningRate;
}
