import type { Dataset } from '../data/dataset.ts';
import { LockstepError } from '../errors.ts';
import { activationName, elementCount, formatShape, lastActivation, type ModelSpec } from '../model/spec.ts';
import { LOSS_OPERATIONS, type LossName } from '../ops/losses.ts';
import type { ModelLayout } from '../plan/modelLayout.ts';
import type { MetricName } from './options.ts';

/** The loss that a model's last activation asks for. */
export function usualLoss(spec: ModelSpec): LossName {
  return lastActivation(spec) === 'softmax' ? 'sparseCategoricalCrossentropy' : 'meanSquaredError';
}

/** Checks that a loss goes with the last layer. Throws UNSUPPORTED. */
export function checkLoss(spec: ModelSpec, loss: LossName, place: string): void {
  const last = spec.layers[spec.layers.length - 1];
  const { lastActivations } = LOSS_OPERATIONS[loss];
  const activation = activationName(lastActivation(spec));
  if (lastActivations.includes(activation)) return;
  const choice =
    activation === 'softmax'
      ? 'For class probabilities use sparseCategoricalCrossentropy; for values, give the last layer no activation.'
      : `Give the last layer ("${last.name}") activation: 'softmax', or use meanSquaredError for values.`;
  throw new LockstepError('UNSUPPORTED', {
    place: `${place}.loss`,
    expected: `${loss} after a last activation of ${lastActivations.join(' or ')}`,
    received: `activation ${activation} in layer "${last.name}"`,
    advice: choice,
  });
}

/** Checks that metrics can be computed from the loss's labels. Throws UNSUPPORTED. */
export function checkMetrics(metrics: readonly MetricName[], loss: LossName, place: string): void {
  if (!metrics.includes('accuracy') || LOSS_OPERATIONS[loss].labelKind === 'classIndex') return;
  throw new LockstepError('UNSUPPORTED', {
    place: `${place}.metrics`,
    expected: 'accuracy with class labels only',
    received: `accuracy with ${loss}`,
    advice: 'Values are not right or wrong: leave the metric out and watch the loss.',
  });
}

/** Checks that a dataset's rows and labels fit the model and the loss. Throws SHAPE_MISMATCH and UNSUPPORTED. */
export function checkData(spec: ModelSpec, layout: ModelLayout, dataset: Dataset, loss: LossName, place: string): void {
  const width = elementCount(spec.inputShape);
  if (elementCount(dataset.featureShape) !== width) {
    throw new LockstepError('SHAPE_MISMATCH', {
      place: `${place}: features of a row`,
      expected: `${formatShape(spec.inputShape)}, the model's inputShape`,
      received: formatShape(dataset.featureShape),
      advice: 'Change inputShape, or the columns that make the features.',
    });
  }
  const operation = LOSS_OPERATIONS[loss];
  const outputs = elementCount(layout.outputShapes[layout.outputShapes.length - 1]);
  const labelWidth = operation.labelWidth(outputs);
  if (dataset.label.width !== labelWidth) {
    throw new LockstepError('SHAPE_MISMATCH', {
      place: `${place}: labels of a row`,
      expected: `${labelWidth} for ${loss} with ${outputs} outputs`,
      received: String(dataset.label.width),
      advice:
        operation.labelKind === 'classIndex'
          ? 'Labels are one class index a row, not one-hot.'
          : 'Give a value for each output.',
    });
  }
  if (operation.labelKind === 'classIndex' && !dataset.label.integer) {
    throw new LockstepError('SHAPE_MISMATCH', {
      place: `${place}: labels`,
      expected: `class indices (integers) for ${loss}`,
      received: 'labels of a floating-point type',
      advice: 'Give labels as Int32Array or Uint8Array, or use meanSquaredError for values.',
    });
  }
}
