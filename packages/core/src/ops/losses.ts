import type { LabelKind } from '../data/dataset.ts';
import { type Activation, ACTIVATIONS } from '../model/spec.ts';
import { type Argument, type KernelCall, type RowMatrix, rowsOf } from './calls.ts';

export const LOSSES = ['sparseCategoricalCrossentropy', 'meanSquaredError'] as const;
export type LossName = (typeof LOSSES)[number];

/** A loss: what labels it takes, which last activation it is fused with, and its kernel call. */
export interface LossOperation {
  readonly labelKind: LabelKind;
  /** Last activations it goes with. */
  readonly lastActivations: readonly (typeof ACTIVATIONS)[number][];
  /** The one of them that its kernel computes itself, from logits; null: it takes the model's output as it is. */
  readonly fusedActivation: Activation | null;
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
    fusedActivation: 'softmax',
    labelWidth: () => 1,
    call: (gradient, sums, output, labels, weights) => ({
      kernel: 'softmaxCrossEntropy',
      arguments: [rowsOf(gradient), sums, rowsOf(output), labels, weights, { rows: 1 }, output.columns],
    }),
  },
  /** Mean over the outputs of the squared difference. */
  meanSquaredError: {
    labelKind: 'values',
    // Softmax gives probabilities of classes: a mean of their squares hardly learns, and is a mistake more often than not.
    lastActivations: ACTIVATIONS.filter((name) => name !== 'softmax'),
    fusedActivation: null,
    labelWidth: (outputs) => outputs,
    call: (gradient, sums, output, labels, weights) => ({
      kernel: 'squaredError',
      arguments: [rowsOf(gradient), sums, rowsOf(output), labels, weights, { rows: 1 }, output.columns],
    }),
  },
};

/** Positions of the three float64 sums that a block of rows leaves: Σ weight·loss, Σ weight, Σ weight·correct. */
export const LOSS_SUMS = { loss: 0, weight: 1, correct: 2, count: 3 } as const;
