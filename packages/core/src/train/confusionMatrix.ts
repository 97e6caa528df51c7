import * as v from 'valibot';
import type { Dataset } from '../data/dataset.ts';
import { LockstepError } from '../errors.ts';
import { probability } from '../metrics/createMetrics.ts';
import { lineBetween, type OutputReading, readingOf, yesAbove } from '../metrics/reading.ts';
import type { TallySpec } from '../metrics/tally.ts';
import { checkOptions, positiveInteger } from '../model/check.ts';
import { checkLossSpec, type Loss } from '../model/losses.ts';
import { checkData, checkDataset, checkLossFits, usualLoss } from './compatibility.ts';
import { evaluateWith } from './evaluate.ts';
import { workersSchema } from './commonOptions.ts';
import type { ModelState } from './state.ts';

/** Options of `model.confusionMatrix`. */
export interface ConfusionMatrixOptions {
  /** How outputs and labels are read; default as for `evaluate`. */
  readonly loss?: Loss;
  /** Of one output that is a yes or no: the probability above which the answer is yes; default 0.5. */
  readonly threshold?: number;
  /** Rows at once; default 256. */
  readonly batchSize?: number;
  /** Default 1: the calling thread. */
  readonly workers?: number | 'auto';
}

const schema = v.strictObject({
  loss: v.optional(v.unknown()),
  threshold: probability('threshold', 0.5),
  batchSize: v.optional(positiveInteger('batchSize'), 256),
  workers: v.optional(workersSchema, 1),
});

/** Weights of rows by true class and answer: see `Model.confusionMatrix`. */
export async function confusionMatrix(
  state: ModelState,
  dataset: Dataset,
  options: ConfusionMatrixOptions = {},
): Promise<readonly (readonly number[])[]> {
  checkDataset(dataset, 'confusionMatrix(dataset)');
  const { loss: given, threshold, ...checked } = checkOptions(schema, options, 'confusionMatrix');
  const loss = given === undefined ? usualLoss(state.spec) : checkLossSpec(given, 'confusionMatrix.loss');
  checkLossFits(state.spec, loss, 'confusionMatrix');
  const reading = readingOf(state.spec, state.layout.outputs, loss);
  const tally = tallyOf(reading, threshold);
  checkData(state.spec, state.layout, dataset, loss, 'confusionMatrix');
  return evaluateWith({ state, dataset, loss, tallies: [tally], ...checked }, (run) => {
    const counts = run.tallied('evaluate');
    const classes = Math.sqrt(counts.length);
    return Array.from({ length: classes }, (_, truth) => [...counts.subarray(truth * classes, (truth + 1) * classes)]);
  });
}

function tallyOf(reading: OutputReading, threshold: number): TallySpec {
  const { answers, scale, outputs, labelKind, loss } = reading;
  if (answers === 'classes' && threshold === 0.5) return { kind: 'confusion', outputs, labelKind };
  const isOneYesNo = answers === 'yesNo' && outputs === 1;
  if (isOneYesNo && (scale !== 'margins' || threshold === 0.5)) {
    return { kind: 'yesNoConfusion', threshold: lineBetween(reading, threshold), yesAbove: yesAbove(reading) };
  }
  const isThreshold = answers === 'classes' || isOneYesNo;
  throw new LockstepError('UNSUPPORTED', {
    place: isThreshold ? 'confusionMatrix.threshold' : 'confusionMatrix',
    expected: isThreshold
      ? 'no threshold, where the answer is no matter of a probability'
      : 'classes that exclude each other',
    received: isThreshold
      ? `threshold ${threshold} with ${loss}`
      : `${loss} and ${outputs} ${outputs === 1 ? 'output' : 'outputs'}`,
    advice: isThreshold
      ? 'The answer is the class with the largest output, or the sign of a margin.'
      : 'It goes with softmax, and with one sigmoid output. For several yes or no there are precision and recall.',
  });
}
