import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { arrowDataset } from '@lockstep/arrow';
import {
  adam,
  adaptNormalization,
  type Dataset,
  dense,
  type DenseOptions,
  l2,
  type Layer,
  type Loss,
  type Model,
  sequential,
  tensorDataset,
} from '@lockstep/core';
import { readRows } from '../../examples/shared/readRows.ts';

/** What record.py wrote: see there. */
export interface Recorded {
  readonly sklearn: string;
  readonly tasks: Readonly<Record<string, RecordedTask>>;
  readonly housing: RecordedHousing;
}

export interface RecordedTask extends Hyperparameters {
  readonly kind: 'classification' | 'regression';
  readonly learningRate: number;
  /** Of the penalty alpha / (2 · rows of a batch) · Σ w² for kernels. */
  readonly alpha: number;
  readonly rows: number;
  readonly columns: number;
  /** For each seed the rows of its test part, packed: uint16. */
  readonly testRows: readonly string[];
  /** scikit-learn's, for each seed. */
  readonly scores: readonly number[];
  /** Packed float32 numbers; of the digits a checksum of features and labels as bytes. */
  readonly features?: string;
  readonly labels?: string;
  readonly sha256?: string;
}

export interface RecordedHousing extends Hyperparameters {
  readonly seeds: number;
  readonly trainRows: number;
  readonly testRows: number;
  /** Root mean squared errors in dollars, for each seed, by learning rate. */
  readonly errors: Readonly<Record<string, readonly number[]>>;
}

interface Hyperparameters {
  readonly hidden: readonly number[];
  readonly batchSize: number;
  readonly epochs: number;
}

export const recorded = JSON.parse(readFileSync(new URL('recorded.json', import.meta.url), 'utf8')) as Recorded;

/** All rows of a task. */
interface Rows {
  readonly features: Float32Array;
  readonly labels: Float32Array;
}

function unpack(text: string): ArrayBuffer {
  return Uint8Array.from(gunzipSync(Buffer.from(text, 'base64'))).buffer;
}

async function rowsOf({ features, labels, sha256 }: RecordedTask): Promise<Rows> {
  if (features !== undefined && labels !== undefined) {
    return { features: new Float32Array(unpack(features)), labels: new Float32Array(unpack(labels)) };
  }
  const parts = await Promise.all(
    ['train', 'test'].map(async (part) => {
      const path = fileURLToPath(new URL(`../../examples/digits/data/digits-${part}.arrow`, import.meta.url));
      return readRows(await arrowDataset(path, { features: ['pixels'], label: 'digit' }));
    }),
  );
  const digits = {
    features: Float32Array.from(parts.flatMap((part) => [...part.features])),
    labels: Float32Array.from(parts.flatMap((part) => [...part.labels])),
  };
  const hash = createHash('sha256').update(Uint8Array.from(digits.features)).update(Uint8Array.from(digits.labels));
  if (hash.digest('hex') !== sha256) throw new Error('The digits are not those that scikit-learn has learned.');
  return digits;
}

/** Lockstep's scores by task, for each seed: accuracy, or R², on the test rows of the split. */
export async function allScores(): Promise<ReadonlyMap<string, readonly number[]>> {
  const scores = new Map<string, readonly number[]>();
  for (const [name, task] of Object.entries(recorded.tasks)) scores.set(name, await scoresOf(task));
  return scores;
}

async function scoresOf(task: RecordedTask): Promise<number[]> {
  const rows = await rowsOf(task);
  const scores: number[] = [];
  for (const [seed, packed] of task.testRows.entries()) scores.push(await scoreOf(task, rows, packed, seed));
  return scores;
}

async function scoreOf(task: RecordedTask, { features, labels }: Rows, packed: string, seed: number): Promise<number> {
  const { columns, kind } = task;
  const testRows = new Set(new Uint16Array(unpack(packed)));
  const all = Array.from(labels, (_, row) => row);
  const [train, test] = [all.filter((row) => !testRows.has(row)), [...testRows]];
  const featuresOf = (part: readonly number[]): Float32Array =>
    Float32Array.from(part.flatMap((row) => [...features.subarray(row * columns, (row + 1) * columns)]));
  const standard = kind === 'regression' ? momentsOf(train.map((row) => labels[row])) : { mean: 0, deviation: 1 };
  const datasetOf = (part: readonly number[]): Dataset => {
    const values = part.map((row) => (labels[row] - standard.mean) / standard.deviation);
    return tensorDataset({
      ...{ features: featuresOf(part), featureShape: [columns] },
      labels: kind === 'regression' ? Float32Array.from(values) : Uint8Array.from(values),
    });
  };

  const data = datasetOf(train);
  const outputs = kind === 'regression' ? 1 : new Set(labels).size;
  const { model, loss } = await createModel(task, data, outputs, seed);
  await model.fit(data, {
    ...{ loss, optimizer: adam({ learningRate: task.learningRate }), batchSize: task.batchSize, epochs: task.epochs },
    ...{ seed, workers: 1, progress: false },
  });
  if (kind === 'classification') return (await model.evaluate(datasetOf(test)))['accuracy'];
  const predictions = await model.predict(featuresOf(test));
  return determination(
    Array.from(predictions, (value) => value * standard.deviation + standard.mean),
    test.map((row) => labels[row]),
  );
}

/** As scikit-learn's networks: weights start in ±√(6/(in + out)), and `lastOf` says how they end. */
async function createModel(
  { kind, hidden, columns, alpha, batchSize }: RecordedTask,
  data: Dataset,
  outputs: number,
  seed: number,
): Promise<{ model: Model; loss: Loss }> {
  // Its squared error is halved and ours is not: the penalty counts as much with twice the factor.
  const share = kind === 'regression' ? 1 : 1 / 2;
  const penalty = { kernelRegularizer: l2((share * alpha) / batchSize) };
  const { last, loss } = lastOf(outputs, penalty);
  const between = hidden.map((units) => dense(units, { activation: 'relu', ...penalty }));
  const layers = [await adaptNormalization(data), ...between, last];
  return { model: sequential(layers, { inputShape: [columns], seed }), loss };
}

/** No activation for values, one sigmoid for two classes, softmax for more. */
function lastOf(outputs: number, penalty: DenseOptions): { readonly last: Layer; readonly loss: Loss } {
  if (outputs === 1) return { last: dense(1, penalty), loss: 'meanSquaredError' };
  if (outputs === 2) return { last: dense(1, { activation: 'sigmoid', ...penalty }), loss: 'binaryCrossentropy' };
  return { last: dense(outputs, { activation: 'softmax', ...penalty }), loss: 'sparseCategoricalCrossentropy' };
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of the values themselves: divided by how many there are. */
function momentsOf(values: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const mean = meanOf(values);
  return { mean, deviation: Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2))) };
}

/** Standard deviation of what the values are a sample of. */
export function deviationOf(values: readonly number[]): number {
  return momentsOf(values).deviation * Math.sqrt(values.length / (values.length - 1));
}

/** R²: 1 − Σ (y − ŷ)² / Σ (y − mean)². */
function determination(predictions: readonly number[], truths: readonly number[]): number {
  const mean = meanOf(truths);
  const sum = (term: (truth: number, i: number) => number): number =>
    truths.reduce((total, truth, i) => total + term(truth, i) ** 2, 0);
  return 1 - sum((truth, i) => truth - predictions[i]) / sum((truth) => truth - mean);
}
