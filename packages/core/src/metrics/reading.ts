import type { LabelKind } from '../data/dataset.ts';
import { deterministicLog } from '../elementary.ts';
import { lossName, type LossSpec } from '../model/losses.ts';
import { lastActivation, type ModelSpec } from '../model/spec.ts';
import { lossOperation, type LossOperation } from '../ops/losses.ts';

/** What a model's outputs and its labels say, as the loss reads them. Plain data. */
export interface OutputReading {
  /** One of several classes is right; each output is a yes or no; or each is a number. */
  readonly answers: 'classes' | 'yesNo' | 'numbers';
  /** Whether the loss counts right answers by itself. */
  readonly isCounted: boolean;
  /** What the plan's output holds: where a loss computes the last activation itself, that is not the model's output. */
  readonly scale: LossOperation['scale'];
  /** Makes the model's outputs of logits, or of margins; null: they are it. */
  readonly activation: LossOperation['activation'];
  readonly outputs: number;
  /** Whether a row has a label for each of them: losses of users may have others. */
  readonly hasLabels: boolean;
  readonly labelKind: LabelKind;
  /** For messages. */
  readonly loss: string;
}

/** Last activations whose outputs lie between no and yes, for losses that take them as numbers. */
const BETWEEN_NO_AND_YES: ReadonlySet<unknown> = new Set(['sigmoid', 'hardSigmoid', 'step']);

/** `outputs`: numbers of a row of the model's output. */
export function readingOf(spec: ModelSpec, outputs: number, loss: LossSpec): OutputReading {
  const { accuracy, scale, activation, labelKind, labelWidth } = lossOperation(loss, spec);
  const hasLabels = labelKind === 'values' && labelWidth(outputs) === outputs;
  const common = { isCounted: accuracy !== null, outputs, hasLabels, labelKind, loss: lossName(loss) };
  if (accuracy === 'rows') return { answers: 'classes', scale, activation, ...common };
  if (accuracy === 'columns') return { answers: 'yesNo', scale, activation, ...common };
  if (hasLabels && BETWEEN_NO_AND_YES.has(lastActivation(spec))) {
    return { answers: 'yesNo', scale: 'probabilities', activation: null, ...common };
  }
  return { answers: 'numbers', scale, activation, ...common };
}

/** The label above which a yes is true: margins have labels -1 and 1, or 0 and 1. */
export function yesAbove({ scale }: OutputReading): number {
  return scale === 'margins' ? 0 : 0.5;
}

/** Where the line between no and yes lies on the scale of the plan's output, for a threshold of the probability. */
export function lineBetween({ scale }: OutputReading, threshold: number): number {
  if (scale === 'margins') return 0;
  return scale === 'logits' ? deterministicLog(threshold / (1 - threshold)) : threshold;
}
