import type { KernelName } from '@lockstep/kernels';
import type { LabelKind } from '../data/dataset.ts';
import { LockstepError } from '../errors.ts';
import type { CustomLossSpec } from '../model/lossDefinition.ts';
import { customLossOf, type LossName, type LossSpec } from '../model/losses.ts';
import { type Activation, activationName, lastActivation, type ModelSpec } from '../model/spec.ts';
import { type Argument, floatBits, type KernelCall, type RowMatrix, rowsOf } from './calls.ts';

/** A loss behind a model's last activation: what labels it takes, and its kernel. */
export interface LossOperation {
  readonly labelKind: LabelKind;
  /** Whether labels are probabilities: numbers from 0 to 1. */
  readonly probabilityLabels: boolean;
  /** The last activation, when the kernel computes it itself, from logits; null: it takes the model's output as it is. */
  readonly fusedActivation: Activation | null;
  /**
   * What the output that the kernel takes says of a class or a column: logits, probabilities, a margin whose sign is the
   * answer, or a value.
   */
  readonly scale: 'logits' | 'probabilities' | 'margins' | 'values';
  /** The activation that makes outputs of those, where the kernel has one of its own. */
  readonly activation: 'softmax' | 'sigmoid' | 'step' | null;
  /** What the sum `correct` counts, or null when it counts nothing. */
  readonly accuracy: 'rows' | 'columns' | null;
  /** Values per label row, from the outputs of the model. */
  labelWidth(outputs: number): number;
  /**
   * Writes the gradient of the weighted sum of losses and the three sums of a block of rows. `training`: whether the gradient is
   * wanted; kernels write it anyway.
   */
  call(places: LossPlaces, training: boolean): KernelCall;
}

export interface LossPlaces {
  readonly gradient: RowMatrix;
  readonly sums: Argument;
  readonly output: RowMatrix;
  readonly labels: Argument;
  readonly weights: Argument;
}

/** Kernels of losses: from logits and from probabilities where there are both. */
const KERNELS: {
  readonly [Kind in LossName]: {
    readonly logits?: KernelName;
    readonly plain: KernelName;
    /** The activation that makes outputs of logits. */
    readonly activation?: 'softmax' | 'sigmoid' | 'step';
    readonly accuracy: LossOperation['accuracy'];
  };
} = {
  sparseCategoricalCrossentropy: {
    ...{ logits: 'softmaxCrossEntropy', plain: 'crossEntropy', activation: 'softmax', accuracy: 'rows' },
  },
  categoricalCrossentropy: {
    ...{ logits: 'softmaxCrossEntropyDense', plain: 'crossEntropyDense', activation: 'softmax', accuracy: 'rows' },
  },
  binaryCrossentropy: {
    ...{ logits: 'sigmoidCrossEntropy', plain: 'binaryCrossEntropy', activation: 'sigmoid', accuracy: 'columns' },
  },
  meanSquaredError: { plain: 'squaredError', accuracy: null },
  meanAbsoluteError: { plain: 'absoluteError', accuracy: null },
  huber: { plain: 'huber', accuracy: null },
  logCosh: { plain: 'logCosh', accuracy: null },
  hinge: { plain: 'hinge', accuracy: 'columns' },
  klDivergence: { plain: 'kullbackLeibler', accuracy: null },
  poisson: { plain: 'poisson', accuracy: null },
  // Behind `step`, whose own derivative is 0: the criterion is of the weighted sums, and its gradient Rosenblatt's rule.
  perceptron: { logits: 'perceptron', plain: 'perceptron', activation: 'step', accuracy: 'columns' },
};

/** The loss as it is computed for a model. */
export function lossOperation(loss: LossSpec, spec: ModelSpec): LossOperation {
  if (loss.kind === 'custom') return customLossOperation(loss);
  const { logits, plain, activation, accuracy } = KERNELS[loss.kind];
  const last = lastActivation(spec);
  const fused = activation !== undefined && last === activation ? last : null;
  const takesLogits = logits !== undefined && (fused !== null || ('fromLogits' in loss && loss.fromLogits));
  const sparse = loss.kind === 'sparseCategoricalCrossentropy';
  const kernel = takesLogits ? logits : plain;
  const hasProbabilities = activation === 'softmax' || activation === 'sigmoid';
  const given = takesLogits ? 'logits' : 'probabilities';
  const other = accuracy === null ? 'values' : 'margins';
  return {
    labelKind: sparse ? 'classIndex' : 'values',
    probabilityLabels: hasProbabilities && !sparse,
    fusedActivation: fused,
    scale: hasProbabilities ? given : other,
    activation: activation ?? null,
    accuracy,
    labelWidth: (outputs) => (sparse ? 1 : outputs),
    call: ({ gradient, sums, output, labels, weights }) => ({
      kernel,
      arguments: [
        ...[rowsOf(gradient), sums, rowsOf(output), labels, weights, { rows: 1 }, output.columns],
        ...numbersOf(loss, kernel),
      ],
    }),
  };
}

/** A loss that a user wrote: a call of its own, bound as those of layers are (ops/custom.ts). */
function customLossOperation(loss: CustomLossSpec): LossOperation {
  return {
    labelKind: 'values',
    probabilityLabels: false,
    fusedActivation: null,
    scale: 'values',
    activation: null,
    accuracy: null,
    labelWidth: (outputs) => labelWidthOf(loss, outputs),
    call: ({ gradient, sums, output, labels, weights }, training) => ({
      kernel: `${loss.loss}/loss`,
      arguments: [
        ...[rowsOf(gradient), gradient.rowBytes, sums, rowsOf(output), output.rowBytes, labels, weights],
        ...[{ rows: 1 }, { start: 1 }, training ? 1 : 0],
      ],
    }),
  };
}

function labelWidthOf(loss: CustomLossSpec, outputs: number): number {
  const defined = customLossOf(loss);
  const width: unknown = defined?.definition.labelWidth?.(outputs, loss.options) ?? outputs;
  if (Number.isSafeInteger(width) && (width as number) > 0) return width as number;
  throw new LockstepError('INVALID_OPTION', {
    place: `loss "${loss.loss}": labelWidth of ${defined?.module ?? 'its module'}`,
    expected: 'a whole number of at least 1',
    received: String(width),
    advice: 'It says how many numbers a row of labels has.',
  });
}

/** The number that a loss's kernel takes, if it takes one. */
function numbersOf(loss: LossSpec, kernel: KernelName): readonly number[] {
  if (loss.kind === 'huber') return [floatBits(loss.delta)];
  return 'labelSmoothing' in loss && kernel !== 'crossEntropy' ? [floatBits(loss.labelSmoothing)] : [];
}

/** The loss of a model that learns by one alone; null: there is a choice. */
export function onlyLoss(spec: ModelSpec): LossSpec | null {
  return lastActivation(spec) === 'step' ? { kind: 'perceptron' } : null;
}

/** What a model's last activation should be for a loss; null: it goes together. */
export function neededActivation(loss: LossSpec, spec: ModelSpec): string | null {
  if (loss.kind === 'custom') return null;
  const last = lastActivation(spec);
  const name = last === null ? null : activationName(last);
  const { activation } = KERNELS[loss.kind];
  if (activation !== undefined && 'fromLogits' in loss) {
    if (loss.fromLogits) return name === 'linear' || name === null ? null : 'linear';
    return name === activation || name === null ? null : activation;
  }
  if (loss.kind === 'perceptron') return name === 'step' ? null : 'step';
  // Softmax gives probabilities of classes: a mean of their squares hardly learns, and is a mistake more often than not.
  return name === 'softmax' && loss.kind !== 'klDivergence' ? 'linear' : null;
}
