import { readFileSync } from 'node:fs';
import {
  binaryAccuracy,
  binaryCrossentropy,
  categoricalCrossentropy,
  type Dataset,
  dense,
  f1,
  flatten,
  type Layer,
  type Loss,
  type Metric,
  type Model,
  precision,
  recall,
  sequential,
  sparseCategoricalCrossentropy,
  tensorDataset,
  topKAccuracy,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';

/** What scikit-learn computed; test/sklearn/recordMetrics.py wrote it, and the file says how. */
interface Recorded {
  readonly cases: Readonly<Record<string, RecordedCase>>;
}

interface RecordedCase {
  readonly outputs: number;
  /** [rows, outputs]: what the last activation is given. */
  readonly scores: readonly number[];
  readonly labels: readonly number[];
  readonly weights: readonly number[];
  readonly plain: Found;
  readonly weighted: Found;
}

interface Found {
  readonly [metric: string]: unknown;
  readonly confusionMatrix: readonly (readonly number[])[];
  readonly errors: Numbers;
  readonly thresholds: Readonly<Record<string, Numbers & { confusionMatrix: readonly (readonly number[])[] }>>;
}

type Numbers = Readonly<Record<string, number>>;

const { cases } = JSON.parse(readFileSync(new URL('./sklearn/metrics.json', import.meta.url), 'utf8')) as Recorded;

/** Both, with and without weights, where a case may have either. */
const WEIGHTINGS = ['plain', 'weighted'] as const;
type Weighting = (typeof WEIGHTINGS)[number];

/** A model whose last activation is given its input. `after`: what follows, so that the loss does not compute it itself. */
function passing(outputs: number, activation: 'linear' | 'sigmoid' | 'softmax', after: readonly Layer[] = []): Model {
  const model = sequential([dense(outputs, { activation, useBias: false }), ...after], { inputShape: [outputs] });
  const identity = Float32Array.from({ length: outputs ** 2 }, (_, i) => (i % (outputs + 1) === 0 ? 1 : 0));
  model.setWeights({ [model.parameters()[0].name]: identity });
  return model;
}

function dataOf(
  { outputs, scores, labels, weights }: RecordedCase,
  weighting: Weighting,
  labelOf: (label: number) => number | readonly number[] = (label) => label,
): Dataset {
  return tensorDataset({
    ...{ features: scores, labels: labels.flatMap(labelOf), featureShape: [outputs] },
    ...(weighting === 'plain' ? {} : { sampleWeights: weights }),
  });
}

/** In batches of eleven rows, so of blocks of eight and three, the last one shorter. */
const RAGGED = { batchSize: 11 } as const;

/** Which metrics are not as expected. Counts are exact, and so are quotients of them but for their last bits. */
function differing(actual: Numbers, expected: Readonly<Record<string, unknown>>, bound = 1e-14): string[] {
  const own = Object.entries(actual).filter(([name]) => name !== 'loss');
  if (own.length === 0) return ['there are none'];
  return own
    .filter(([name, value]) => !(Math.abs(value - (expected[name] as number)) < bound))
    .map(([name, value]) => `${name} ${value}, not ${String(expected[name])}`);
}

/** Activations are float32, within two units in the last place; errors are of the order of 1. */
const FLOAT_BOUND = 1e-6;

const AVERAGES = ['macro', 'micro', 'weighted'] as const;
const CLASS_METRICS: readonly Metric[] = AVERAGES.flatMap((average) => [
  precision({ average, name: `${average}Precision` }),
  recall({ average, name: `${average}Recall` }),
  f1({ average, name: `${average}F1` }),
]);
const TOP_METRICS: readonly Metric[] = [1, 2, 3].map((k) => topKAccuracy({ k, name: `top${k}Accuracy` }));
const ERRORS: readonly Metric[] = ['meanSquaredError', 'meanAbsoluteError', 'rootMeanSquaredError', 'r2'];

describe.each(WEIGHTINGS)('as scikit-learn says, %s', (weighting) => {
  describe.each(['classes', 'classes that do not occur'])('%s', (name) => {
    const recorded = cases[name];
    const { outputs } = recorded;
    const expected = recorded[weighting];
    const oneHot = (label: number): number[] => Array.from({ length: outputs }, (_, i) => (i === label ? 1 : 0));
    const ways: readonly (readonly [string, Model, Loss, boolean])[] = [
      ['class indices', passing(outputs, 'softmax'), 'sparseCategoricalCrossentropy', false],
      ['class indices, logits', passing(outputs, 'linear'), sparseCategoricalCrossentropy({ fromLogits: true }), false],
      [
        'class indices, probabilities',
        passing(outputs, 'softmax', [flatten()]),
        'sparseCategoricalCrossentropy',
        false,
      ],
      ['one-hot labels', passing(outputs, 'softmax'), 'categoricalCrossentropy', true],
      ['one-hot labels, logits', passing(outputs, 'linear'), categoricalCrossentropy({ fromLogits: true }), true],
      ['one-hot labels, probabilities', passing(outputs, 'softmax', [flatten()]), 'categoricalCrossentropy', true],
    ];
    test.each(ways)('%s', async (_, model, loss, isDense) => {
      const data = dataOf(recorded, weighting, isDense ? oneHot : undefined);
      const metrics = ['accuracy' as const, ...TOP_METRICS, ...CLASS_METRICS];
      expect(differing(await model.evaluate(data, { ...RAGGED, loss, metrics }), expected)).toEqual([]);
      expect(await model.confusionMatrix(data, { ...RAGGED, loss })).toEqual(expected.confusionMatrix);
      if (isDense) {
        const errors = await model.evaluate(data, { ...RAGGED, loss, metrics: ERRORS });
        expect(differing(errors, expected.errors, FLOAT_BOUND)).toEqual([]);
      }
    });

    test('macro is the usual average', async () => {
      const metrics = ['precision', 'recall', 'f1'] as const;
      const found = await passing(outputs, 'softmax').evaluate(dataOf(recorded, weighting), { metrics });
      const usual = { precision: expected['macroPrecision'], recall: expected['macroRecall'], f1: expected['macroF1'] };
      expect(differing(found, usual)).toEqual([]);
    });
  });

  describe.each([
    { name: 'binary', bound: 1e-14 },
    // The bins of scores are 1/64 of the score wide: pairs of rows in one of them count half.
    { name: 'close scores', bound: 2e-3 },
  ])('$name', ({ name, bound }) => {
    const recorded = cases[name];
    const expected = recorded[weighting];
    const ways: readonly (readonly [string, Model, Loss])[] = [
      ['sigmoid', passing(1, 'sigmoid'), 'binaryCrossentropy'],
      ['logits', passing(1, 'linear'), binaryCrossentropy({ fromLogits: true })],
      ['probabilities', passing(1, 'sigmoid', [flatten()]), 'binaryCrossentropy'],
      ['sigmoid as a number', passing(1, 'sigmoid'), 'meanSquaredError'],
    ];
    test.each(ways)('%s', async (_, model, loss) => {
      const data = dataOf(recorded, weighting);
      const options = { ...RAGGED, loss } as const;
      expect(differing(await model.evaluate(data, { ...options, metrics: ['auc'] }), expected, bound)).toEqual([]);
      for (const [text, found] of Object.entries(expected.thresholds)) {
        const threshold = Number(text);
        const metrics = [binaryAccuracy, precision, recall, f1].map((metric) => metric({ threshold }));
        expect(differing(await model.evaluate(data, { ...options, metrics }), found)).toEqual([]);
        expect(await model.confusionMatrix(data, { ...options, threshold })).toEqual(found.confusionMatrix);
      }
      expect(
        differing(await model.evaluate(data, { ...options, metrics: ERRORS }), expected.errors, FLOAT_BOUND),
      ).toEqual([]);
    });

    test('margins, labels -1 and 1', async () => {
      const data = dataOf(recorded, weighting, (label) => 2 * label - 1);
      const metrics = ['accuracy', 'binaryAccuracy', 'precision', 'recall', 'f1'] as const;
      const model = passing(1, 'linear');
      const found = await model.evaluate(data, { ...RAGGED, loss: 'hinge', metrics });
      const half = expected.thresholds['0.5'];
      expect(differing(found, { ...half, accuracy: half['binaryAccuracy'] })).toEqual([]);
      expect(differing(await model.evaluate(data, { loss: 'hinge', metrics: ['auc'] }), expected, bound)).toEqual([]);
      expect(await model.confusionMatrix(data, { ...RAGGED, loss: 'hinge' })).toEqual(half.confusionMatrix);
    });

    const two: readonly (readonly [string, Model, Loss])[] = [
      ['softmax', passing(2, 'softmax'), 'sparseCategoricalCrossentropy'],
      ['logits', passing(2, 'linear'), sparseCategoricalCrossentropy({ fromLogits: true })],
      ['probabilities', passing(2, 'softmax', [flatten()]), 'sparseCategoricalCrossentropy'],
    ];
    test.each(two)('two classes, %s', async (_, model, loss) => {
      // The score is the difference of two outputs.
      const { labels, weights } = recorded;
      const features = recorded.scores.flatMap((score) => [-score / 2, score / 2]);
      const sampleWeights = weighting === 'plain' ? {} : { sampleWeights: weights };
      const data = tensorDataset({ features, labels, featureShape: [2], ...sampleWeights });
      // Probabilities have been rounded: scores on the border of a bin may fall into the next.
      const own = model.spec.layers.length > 1 ? 2e-3 : bound;
      expect(differing(await model.evaluate(data, { ...RAGGED, loss, metrics: ['auc'] }), expected, own)).toEqual([]);
    });
  });

  test('several outputs that are a yes or no each', async () => {
    const recorded = cases['several'];
    const expected = recorded[weighting];
    const model = passing(recorded.outputs, 'sigmoid');
    const data = dataOf(recorded, weighting);
    const metrics = ['binaryAccuracy' as const, ...CLASS_METRICS];
    expect(differing(await model.evaluate(data, { ...RAGGED, metrics }), expected)).toEqual([]);
    // As Keras counts: all outputs together.
    const usual = { precision: expected['microPrecision'], recall: expected['microRecall'], f1: expected['microF1'] };
    expect(differing(await model.evaluate(data, { ...RAGGED, metrics: ['precision', 'recall', 'f1'] }), usual)).toEqual(
      [],
    );
  });

  test.each(['numbers', 'several numbers'])('%s', async (name) => {
    const recorded = cases[name];
    const found = await passing(recorded.outputs, 'linear').evaluate(dataOf(recorded, weighting), {
      ...{ ...RAGGED, metrics: ERRORS },
    });
    // Σ y² is about 10⁶ times what labels vary.
    expect(differing(found, recorded[weighting], 1e-9)).toEqual([]);
  });
});

test('of equal outputs the first counts as the largest, as in accuracy', async () => {
  const features = new Float32Array(4 * 3);
  const data = tensorDataset({ features, labels: [0, 1, 2, 0], featureShape: [3] });
  const metrics = ['accuracy' as const, ...TOP_METRICS.slice(0, 2)];
  const found = await passing(3, 'softmax').evaluate(data, { metrics });
  expect(found).toMatchObject({ accuracy: 0.5, top1Accuracy: 0.5, top2Accuracy: 0.75 });
});
