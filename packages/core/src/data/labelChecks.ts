import { LockstepError } from '../errors.ts';
import type { BatchViews } from './dataset.ts';
import { weighByClass } from './weighByClass.ts';

/** What is checked of the labels of every batch, and done with its weights. */
export interface LabelOptions {
  /** Number of classes when labels are class indices; 0 leaves labels unchecked. */
  readonly classes: number;
  /** Whether labels that are values are probabilities; absent or false leaves them unchecked. */
  readonly probabilities?: boolean;
  /** What the weights of rows are multiplied by, a number for each class; null or absent: nothing. */
  readonly classWeights?: readonly number[] | null;
}

/**
 * Checks the labels of rows [at, at + count) of a batch, and multiplies their weights by those of their classes: behind the
 * source, so that sources need to know nothing of classes. `describe`: where the row `at + i` comes from. Throws
 * LABEL_OUT_OF_RANGE.
 */
export function checkLabels(
  { classes, probabilities = false, classWeights = null }: LabelOptions,
  labelWidth: number,
  batch: BatchViews,
  at: number,
  count: number,
  describe: (i: number) => string,
): void {
  if (classes > 0) checkClasses(classes, batch.classLabels, at, count, describe);
  if (probabilities) checkProbabilities(labelWidth, batch.valueLabels, at, count, describe);
  if (classWeights === null) return;
  const wrong = weighByClass(batch, labelWidth, classWeights, at, at + count);
  if (wrong < 0) return;
  throw new LockstepError('LABEL_OUT_OF_RANGE', {
    place: describe(wrong - at),
    expected: 'a label of 0 or 1, because classes have weights',
    received: String(batch.valueLabels[wrong]),
    advice: 'Leave classWeights out, or give the dataset sampleWeights.',
  });
}

function checkClasses(
  classes: number,
  labels: Int32Array,
  at: number,
  count: number,
  describe: (i: number) => string,
): void {
  for (let i = 0; i < count; i++) {
    const label = labels[at + i];
    if (label >= 0 && label < classes) continue;
    throw new LockstepError('LABEL_OUT_OF_RANGE', {
      place: describe(i),
      expected: `a class label from 0 to ${classes - 1}, for ${classes} outputs`,
      received: String(label),
      advice:
        label === classes
          ? `Are the classes numbered from 1? Number them from 0, or give the last layer ${classes + 1} units.`
          : 'Give the last layer one unit for each class, and number the classes from 0.',
    });
  }
}

/** A cross-entropy of other labels has no minimum: it would fall for ever, and nobody would know why. */
function checkProbabilities(
  width: number,
  labels: Float32Array,
  at: number,
  count: number,
  describe: (i: number) => string,
): void {
  for (let i = at * width; i < (at + count) * width; i++) {
    const label = labels[i];
    if (label >= -ROUNDING && label <= 1 + ROUNDING) continue;
    const row = Math.floor(i / width) - at;
    throw new LockstepError('LABEL_OUT_OF_RANGE', {
      place: `${describe(row)}${width > 1 ? `, label ${i % width}` : ''}`,
      expected: 'a label from 0 to 1, a no or a yes or a probability, as the loss is a cross-entropy',
      received: String(label),
      advice: adviceForProbability(label, width),
    });
  }
}

/** What probabilities that were computed in float32 may miss 0 and 1 by. */
const ROUNDING = 1e-5;

function adviceForProbability(label: number, width: number): string {
  if (label === -1) return 'Write 0 for no, or use the loss hinge, whose labels are -1 and 1.';
  if (width === 1 && Number.isInteger(label) && label > 1) {
    return (
      'Is it the index of a class? Then give the last layer a unit for each class and the activation softmax, and use ' +
      'sparseCategoricalCrossentropy. For values use meanSquaredError.'
    );
  }
  return 'For values use meanSquaredError, and no activation in the last layer.';
}
