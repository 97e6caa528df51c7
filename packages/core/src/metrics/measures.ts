import { LockstepError } from '../errors.ts';
import { classesCounts } from './classes.ts';
import { classMetric } from './classCounts.ts';
import { meanAbsoluteError, meanSquaredError, r2 } from './errors.ts';
import {
  type BinaryAccuracySpec,
  type ClassMetricSpec,
  metricName,
  type MetricName,
  type MetricSpec,
  type TopKAccuracySpec,
} from './metric.ts';
import { lineBetween, type OutputReading, yesAbove } from './reading.ts';
import { areaUnderRoc } from './scores.ts';
import { layOutTallies } from './tallies.ts';
import type {
  ClassesTallySpec,
  ErrorsTallySpec,
  ScoresTallySpec,
  TallySpec,
  TopKTallySpec,
  YesNoTallySpec,
} from './tally.ts';
import { yesNoCounts } from './yesNo.ts';

/** Totals of the rows that a metric is made of. */
export interface Totals {
  /** Of its tally: see TallySizes. */
  readonly sums: Float64Array;
  readonly places: Float64Array;
  /** Σ weight, and Σ weight · correct as the loss counts it. */
  readonly weight: number;
  readonly correct: number;
}

/** A metric for a certain model and loss: what is to be counted, and what is made of it. */
export interface Measure {
  readonly name: string;
  /** null: the loss counts already. */
  readonly tally: TallySpec | null;
  value(totals: Totals): number;
}

/** What each metric needs of outputs and labels, for those who ask for it of others. */
interface Refusal {
  readonly expected: string;
  readonly received?: string;
  readonly advice: string;
}

/** Metrics for a model and a loss. Throws UNSUPPORTED at the first that does not go with them. */
export function measuresOf(metrics: readonly MetricSpec[], reading: OutputReading, place: string): readonly Measure[] {
  return metrics.map((metric) => {
    const made = (MAKERS[metric.kind] as (reading: OutputReading, metric: MetricSpec) => Made)(reading, metric);
    if (!('advice' in made)) return { name: metricName(metric), ...made };
    const { expected, received = `${metric.kind} with ${describe(reading)}`, advice } = made;
    throw new LockstepError('UNSUPPORTED', { place, expected, received, advice });
  });
}

/** What has to be counted for all of them, once each. */
export function talliesOf(measures: readonly Measure[]): readonly TallySpec[] {
  const tallies = measures.map(({ tally }) => tally).filter((tally) => tally !== null);
  return [...new Map(tallies.map((tally) => [JSON.stringify(tally), tally])).values()];
}

/** Their values, by name. `totals`: as layOutTallies(talliesOf(measures)) has them. */
export function valuesOf(
  measures: readonly Measure[],
  totals: Float64Array,
  { weight, correct }: Pick<Totals, 'weight' | 'correct'>,
): Record<string, number> {
  const { tallies } = layOutTallies(talliesOf(measures));
  const keys = tallies.map(({ spec }) => JSON.stringify(spec));
  const none = new Float64Array(0);
  return Object.fromEntries(
    measures.map((measure) => {
      const placed = tallies[keys.indexOf(JSON.stringify(measure.tally))];
      const sums = placed === undefined ? none : totals.subarray(placed.sumsAt, placed.sumsAt + placed.sizes.sums);
      const places =
        placed === undefined ? none : totals.subarray(placed.placesAt, placed.placesAt + placed.sizes.places);
      return [measure.name, measure.value({ sums, places, weight, correct })] as const;
    }),
  );
}

type Made = Omit<Measure, 'name'> | Refusal;

/** The spec that a kind of metric has. */
type SpecOf<Kind extends MetricName> = MetricSpec & { readonly kind: Kind };

const MAKERS: { readonly [Kind in MetricName]: (reading: OutputReading, metric: SpecOf<Kind>) => Made } = {
  accuracy: accuracyOf,
  topKAccuracy: topKOf,
  binaryAccuracy: binaryAccuracyOf,
  precision: classMetricOf,
  recall: classMetricOf,
  f1: classMetricOf,
  auc: aucOf,
  meanSquaredError: (reading) => errorOf(reading, ({ sums, weight }) => meanSquaredError(sums, weight)),
  meanAbsoluteError: (reading) => errorOf(reading, ({ sums, weight }) => meanAbsoluteError(sums, weight)),
  rootMeanSquaredError: (reading) => errorOf(reading, ({ sums, weight }) => Math.sqrt(meanSquaredError(sums, weight))),
  r2: (reading) => errorOf(reading, ({ sums, weight }) => r2(sums, weight)),
};

function accuracyOf(reading: OutputReading): Made {
  if (reading.isCounted) return { tally: null, value: ({ correct, weight }) => correct / weight };
  return {
    expected: 'accuracy with class labels only',
    received: `accuracy with ${reading.loss}`,
    advice:
      reading.answers === 'yesNo'
        ? 'Where outputs between 0 and 1 are a yes or no, binaryAccuracy counts right ones.'
        : 'Values are not right or wrong: leave the metric out and watch the loss, or meanAbsoluteError and r2.',
  };
}

function topKOf(reading: OutputReading, { k }: TopKAccuracySpec): Made {
  const { answers, outputs, labelKind } = reading;
  if (answers !== 'classes') {
    return {
      expected: 'topKAccuracy with several classes of which one is right',
      advice: 'It goes with sparseCategoricalCrossentropy and categoricalCrossentropy.',
    };
  }
  if (k >= outputs) {
    return {
      expected: `topKAccuracy with k below the ${outputs} classes`,
      received: `k = ${k}`,
      advice: `The true class is always among so many. For example: topKAccuracy({ k: ${Math.max(1, Math.min(3, outputs - 1))} }).`,
    };
  }
  const tally: TopKTallySpec = { kind: 'topK', k, outputs, labelKind };
  return { tally, value: ({ sums, weight }) => sums[0] / weight };
}

function binaryAccuracyOf(reading: OutputReading, { threshold }: BinaryAccuracySpec): Made {
  const tally = yesNoTally(threshold, reading, 'binaryAccuracy');
  return 'advice' in tally ? tally : { tally, value: ({ sums, weight }) => sums[0] / weight };
}

function classMetricOf(reading: OutputReading, { kind, threshold, average }: ClassMetricSpec): Made {
  const { answers, outputs, labelKind } = reading;
  if (answers === 'classes') {
    if (threshold !== 0.5) {
      return {
        expected: `${kind} without a threshold, for classes that exclude each other`,
        received: `threshold ${threshold}`,
        advice: 'The answer is the class with the largest output. A threshold is for a single sigmoid output.',
      };
    }
    const tally: ClassesTallySpec = { kind: 'classes', outputs, labelKind };
    return { tally, value: ({ places }) => classMetric(kind, average ?? 'macro', classesCounts(places), true) };
  }
  const tally = yesNoTally(threshold, reading, kind);
  if ('advice' in tally) return tally;
  return { tally, value: ({ sums }) => classMetric(kind, average ?? 'micro', yesNoCounts(sums), false) };
}

function yesNoTally(threshold: number, reading: OutputReading, kind: MetricName): YesNoTallySpec | Refusal {
  const { answers, scale, outputs } = reading;
  if (answers !== 'yesNo') {
    return {
      expected: kind === 'binaryAccuracy' ? `${kind} with outputs that are a yes or no each` : `${kind} with classes`,
      advice:
        answers === 'classes'
          ? 'For classes of which one is right there is accuracy; a yes or no is one output with sigmoid and binaryCrossentropy.'
          : 'For numbers there are meanAbsoluteError, rootMeanSquaredError and r2; a yes or no is one output with sigmoid and binaryCrossentropy.',
    };
  }
  if (scale === 'margins' && threshold !== 0.5) {
    return {
      expected: `${kind} without a threshold with ${reading.loss}`,
      received: `threshold ${threshold}`,
      advice: 'A threshold is a probability, and a margin is none: its sign is the answer.',
    };
  }
  return { kind: 'yesNo', threshold: lineBetween(reading, threshold), yesAbove: yesAbove(reading), outputs };
}

function aucOf(reading: OutputReading): Made {
  const { answers, scale, outputs, labelKind } = reading;
  const isLogit = scale !== 'probabilities';
  const value: Measure['value'] = ({ places }) => areaUnderRoc(places);
  const common = { kind: 'scores', yesAbove: yesAbove(reading), labelKind } as const;
  if (answers === 'yesNo' && outputs === 1) {
    const tally: ScoresTallySpec = { ...common, from: isLogit ? 'score' : 'probability' };
    return { tally, value };
  }
  if (answers === 'classes' && outputs === 2) {
    const tally: ScoresTallySpec = { ...common, from: isLogit ? 'twoLogits' : 'twoProbabilities' };
    return { tally, value };
  }
  return {
    expected: 'auc with one yes or no: one sigmoid output, or softmax of two classes',
    advice: 'The curve is that of a single decision. For several there are precision, recall and f1.',
  };
}

function errorOf(reading: OutputReading, value: Measure['value']): Made {
  const { outputs, hasLabels, scale, activation } = reading;
  if (!hasLabels) {
    return {
      expected: 'errors of numbers, with a label for each output',
      advice:
        reading.labelKind === 'classIndex'
          ? 'With class indices there are accuracy, precision and recall; with one-hot labels, categoricalCrossentropy.'
          : `Labels of ${reading.loss} are no numbers that outputs could be compared with: watch the loss.`,
    };
  }
  const tally: ErrorsTallySpec = { kind: 'errors', activation: scale === 'probabilities' ? null : activation, outputs };
  return { tally, value };
}

function describe({ loss, outputs }: OutputReading): string {
  return `${loss} and ${outputs} ${outputs === 1 ? 'output' : 'outputs'}`;
}
