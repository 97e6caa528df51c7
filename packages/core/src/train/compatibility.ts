import { STEP_STATE_LIMIT } from '../checkpoint/fields.ts';
import type { Dataset } from '../data/dataset.ts';
import { datasetSchema } from '../data/datasetSchema.ts';
import { LockstepError } from '../errors.ts';
import { checkOptions } from '../model/check.ts';
import { type Measure, talliesOf } from '../metrics/measures.ts';
import { layOutTallies } from '../metrics/tallies.ts';
import { binaryCrossentropy, type LossSpec, sparseCategoricalCrossentropy, lossName } from '../model/losses.ts';
import { activationName, elementCount, formatShape, lastActivation, type ModelSpec } from '../model/spec.ts';
import { lossOperation, neededActivation, onlyLoss } from '../ops/losses.ts';
import type { ModelLayout } from '../plan/modelLayout.ts';

/** Checks that what a method of the model was given is a dataset. Throws INVALID_OPTION. */
export function checkDataset(dataset: unknown, place: string): Dataset {
  if (Array.isArray(dataset) || ArrayBuffer.isView(dataset)) {
    const method = /^\w+/.exec(place)?.[0] ?? 'fit';
    throw new LockstepError('INVALID_OPTION', {
      place,
      expected: 'a dataset, then options',
      received: dataset.constructor.name,
      advice: `Write: model.${method}(tensorDataset({ features, labels, featureShape }), { loss }).`,
    });
  }
  return checkOptions(datasetSchema, dataset, place);
}

/** The loss that a model's last activation asks for. */
export function usualLoss(spec: ModelSpec): LossSpec {
  const last = lastActivation(spec);
  if (last === 'softmax') return sparseCategoricalCrossentropy();
  return last === 'sigmoid' ? binaryCrossentropy() : (onlyLoss(spec) ?? { kind: 'meanSquaredError' });
}

/** Checks that a loss can change the weights of a model. Throws UNSUPPORTED. */
export function checkLearns(spec: ModelSpec, loss: LossSpec, place: string): void {
  const only = onlyLoss(spec);
  if (only === null || loss.kind === only.kind) return;
  const { name } = spec.layers[spec.layers.length - 1];
  throw new LockstepError('UNSUPPORTED', {
    place: `${place}.loss`,
    expected: `${only.kind} after a last activation of step, whose derivative is 0`,
    received: `${lossName(loss)}, which would change no weight`,
    advice: `Leave the loss out, or give the last layer ("${name}") activation: 'sigmoid' and use binaryCrossentropy.`,
  });
}

/** Checks that a loss goes with the last layer. Throws UNSUPPORTED. */
export function checkLossFits(spec: ModelSpec, loss: LossSpec, place: string): void {
  const needed = neededActivation(loss, spec);
  if (needed === null) return;
  const last = spec.layers[spec.layers.length - 1];
  const activation = activationName(lastActivation(spec) ?? 'linear');
  throw new LockstepError('UNSUPPORTED', {
    place: `${place}.loss`,
    expected: `${lossName(loss)} after a last activation of ${needed}`,
    received: `activation ${activation} in layer "${last.name}"`,
    advice: adviceFor(loss, activation, needed, last.name),
  });
}

function adviceFor(loss: LossSpec, activation: string, needed: string, layer: string): string {
  if (needed === 'softmax') {
    const sigmoid = activation === 'sigmoid' ? 'For classes of which one is right, ' : '';
    const other = activation === 'sigmoid' ? 'binaryCrossentropy for several yes or no' : 'meanSquaredError for values';
    return `${sigmoid}${sigmoid === '' ? 'Give' : 'give'} the last layer ("${layer}") activation: 'softmax', or use ${other}.`;
  }
  if (needed === 'sigmoid') {
    const other = activation === 'softmax' ? 'sparseCategoricalCrossentropy for exclusive classes' : 'fromLogits: true';
    return `Give the last layer ("${layer}") activation: 'sigmoid', or use ${other}.`;
  }
  if (needed === 'step') {
    return `Give the last layer ("${layer}") activation: 'step', or use binaryCrossentropy after sigmoid for one yes or no.`;
  }
  if ('fromLogits' in loss)
    return `With fromLogits, the last layer ("${layer}") has no activation: the loss computes it.`;
  return 'For class probabilities use sparseCategoricalCrossentropy; for values, give the last layer no activation.';
}

/** Numbers of the step state beside the totals of metrics, at most. */
const OTHER_STATE = 64;

/** Checks that the totals of metrics, those of training and of evaluation, have room in a checkpoint. Throws UNSUPPORTED. */
export function checkTotals(measures: readonly Measure[], place: string): void {
  const { totals } = layOutTallies(talliesOf(measures));
  const most = Math.floor((STEP_STATE_LIMIT - OTHER_STATE) / 2);
  if (totals <= most) return;
  throw new LockstepError('UNSUPPORTED', {
    place: `${place}.metrics`,
    expected: `metrics of at most ${most} totals in a run with checkpoints`,
    received: `${totals}`,
    advice: 'Precision, recall and f1 have three totals a class: leave them out, and ask `evaluate` for them.',
  });
}

function adviceForLabels(takesClasses: boolean, { label: { width, integer } }: Dataset, outputs: number): string {
  if (takesClasses) {
    const oneHot =
      width === outputs ? ', or use categoricalCrossentropy, which takes a probability for each class' : '';
    return `Labels are one class index a row, not one-hot: give the index of the 1${oneHot}.`;
  }
  if (width === 1 && integer && outputs > 1) {
    return (
      "Is the label the index of a class, of which one is right? Then give the last layer activation: 'softmax' and use " +
      'sparseCategoricalCrossentropy. Else give a value for each output.'
    );
  }
  return 'Give a value for each output.';
}

/** Checks that a dataset's rows and labels fit the model and the loss. Throws SHAPE_MISMATCH and UNSUPPORTED. */
export function checkData(spec: ModelSpec, layout: ModelLayout, dataset: Dataset, loss: LossSpec, place: string): void {
  const width = elementCount(spec.inputShape);
  if (elementCount(dataset.featureShape) !== width) {
    throw new LockstepError('SHAPE_MISMATCH', {
      place: `${place}: features of a row`,
      expected: `${formatShape(spec.inputShape)}, the model's inputShape`,
      received: formatShape(dataset.featureShape),
      advice: `Give the model inputShape: ${formatShape(dataset.featureShape)}, or change the columns that make the features.`,
    });
  }
  const operation = lossOperation(loss, spec);
  const { outputs } = layout;
  const labelWidth = operation.labelWidth(outputs);
  if (dataset.label.width !== labelWidth) {
    throw new LockstepError('SHAPE_MISMATCH', {
      place: `${place}: labels of a row`,
      expected: `${labelWidth} for ${lossName(loss)} with ${outputs} outputs`,
      received: String(dataset.label.width),
      advice: adviceForLabels(operation.labelKind === 'classIndex', dataset, outputs),
    });
  }
  if (operation.labelKind === 'classIndex' && !dataset.label.integer) {
    throw new LockstepError('SHAPE_MISMATCH', {
      place: `${place}: labels`,
      expected: `class indices (integers) for ${lossName(loss)}`,
      received: 'labels of a floating-point type',
      advice: 'Give labels as Int32Array or Uint8Array, or use meanSquaredError for values.',
    });
  }
}
