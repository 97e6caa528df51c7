import type { LabelKind } from '../data/dataset.ts';
import type { Activation } from '../model/spec.ts';
import { type Argument, type KernelCall, type RowMatrix, rowsOf } from './calls.ts';

export const LOSSES = ['sparseCategoricalCrossentropy', 'meanSquaredError'] as const;
export type LossName = (typeof LOSSES)[number];

/** A loss: what labels it takes, which last activation it is fused with, and its kernel call. */
export interface LossOperation {
  readonly labelKind: LabelKind;
  /** Last activations it goes with. Softmax is fused: the kernel takes the logits. */
  readonly lastActivations: readonly Activation[];
  /** Values per label row, from the outputs of the model. */
  labelWidth(outputs: number): number;
  /** Writes the gradient of the weighted sum of losses and the three sums of a block of rows. */
  call(gradient: RowMatrix, sums: Argument, output: RowMatrix, labels: Argument, weights: Argument): KernelCall;
}

export const LOSS_OPERATIONS: { readonly [Name in LossName]: LossOperation } = {
  /** -log of the probability that softmax gives to the true class. */
  sparseCategoricalCrossentropy: {
    labelKind: 'classIndex',
    lastActivations: ['softmax'],
    labelWidth: () => 1,
    call: (gradient, sums, output, labels, weights) => ({
      kernel: 'softmaxCrossEntropy',
      arguments: [rowsOf(gradient), sums, rowsOf(output), labels, weights, { rows: 1 }, output.columns],
    }),
  },
  /** Mean over the outputs of the squared difference. */
  meanSquaredError: {
    labelKind: 'values',
    lastActivations: ['linear', 'relu'],
    labelWidth: (outputs) => outputs,
    call: (gradient, sums, output, labels, weights) => ({
      kernel: 'squaredError',
      arguments: [rowsOf(gradient), sums, rowsOf(output), labels, weights, { rows: 1 }, output.columns],
    }),
  },
};

/** Positions of the three float64 sums that a block of rows leaves: Σ weight·loss, Σ weight, Σ weight·correct. */
export const LOSS_SUMS = { loss: 0, weight: 1, correct: 2, count: 3 } as const;
