import {
  adam,
  type Dataset,
  dense,
  type FitOptions,
  type Model,
  type OptimizerSpec,
  sequential,
  sgd,
  tensorDataset,
} from '@lockstep/core';
import { randomRows, readRows, type Rows } from './data.ts';
import type { AccuracyAnswer, AccuracyRequest, Network, Setting, StepAnswer, StepRequest } from './protocol.ts';
import { serve } from './serve.ts';

/** Share of the budget that warms up. */
const WARM_UP = 0.25;

export function buildModel({ sizes }: Network, seed: number): Model {
  const layers = sizes
    .slice(1)
    .map((units, index) => dense(units, { activation: index === sizes.length - 2 ? 'softmax' : 'relu' }));
  return sequential(layers, { inputShape: [sizes[0]], seed });
}

export function buildOptimizer({ optimizer, learningRate }: Network): OptimizerSpec {
  return optimizer === 'adam' ? adam({ learningRate }) : sgd({ learningRate });
}

export function buildDataset({ features, labels }: Rows, { sizes }: Network): Dataset {
  return tensorDataset({ features, labels, featureShape: [sizes[0]] });
}

export function workersOf({ workers }: Setting): number | 'auto' {
  return workers === 'auto' ? 'auto' : Number(workers);
}

/** What 'auto' has chosen. */
function noteOf(setting: Setting, workers: number): string {
  return setting.workers === 'auto' ? `${workers} chosen` : '';
}

/** The whole of `fit`: shuffling, loading and the steps of every epoch. */
export async function step(request: StepRequest): Promise<Omit<StepAnswer, 'peakRss' | 'version'>> {
  const { batchSize, batches, budgetMs, seed, setting } = request;
  const microseconds: number[] = [];
  const enough = new AbortController();
  let warmUntil = Infinity;
  let end = Infinity;
  let workers = 0;
  const options: FitOptions = {
    loss: 'sparseCategoricalCrossentropy',
    optimizer: buildOptimizer(request),
    batchSize,
    workers: workersOf(setting),
    epochs: 1_000_000,
    progress: false,
    signal: enough.signal,
    callbacks: [
      {
        onTrainBegin: (begin) => {
          ({ workers } = begin);
          warmUntil = performance.now() + budgetMs * WARM_UP;
          end = performance.now() + budgetMs;
        },
        onEpochEnd: ({ epoch, seconds }) => {
          const now = performance.now();
          if (epoch > 1 && now > warmUntil) microseconds.push((seconds / batches) * 1e6);
          if (now > end && microseconds.length > 0) enough.abort();
        },
      },
    ],
  };
  const dataset = buildDataset(randomRows(request), request);
  try {
    await buildModel(request, seed).fit(dataset, options);
  } catch (error) {
    if (error !== enough.signal.reason) throw error;
  }
  return { microseconds, steps: batches * microseconds.length, note: noteOf(setting, workers) };
}

async function accuracy(request: AccuracyRequest): Promise<Omit<AccuracyAnswer, 'peakRss' | 'version'>> {
  const { batchSize, epochs, limitMs, seed, setting, target } = request;
  const train = buildDataset(readRows(request, 'train'), request);
  const test = buildDataset(readRows(request, 'test'), request);
  const model = buildModel(request, seed);
  const reached = new AbortController();
  const result = { seconds: 0, epochs: 0, accuracy: 0 };
  let workers = 0;
  try {
    await model.fit(train, {
      loss: 'sparseCategoricalCrossentropy',
      optimizer: buildOptimizer(request),
      batchSize,
      workers: workersOf(setting),
      epochs,
      seed,
      progress: false,
      signal: reached.signal,
      callbacks: [
        {
          onTrainBegin: (begin) => {
            ({ workers } = begin);
          },
          onEpochEnd: async (end) => {
            result.seconds += end.seconds;
            result.epochs = end.epoch;
            result.accuracy = (await model.evaluate(test, { metrics: ['accuracy'] })).accuracy;
            if (result.accuracy >= target || result.seconds * 1e3 > limitMs) reached.abort();
          },
        },
      ],
    });
  } catch (error) {
    if (error !== reached.signal.reason) throw error;
  }
  return { ...result, note: noteOf(setting, workers) };
}

if (import.meta.main) {
  await serve(['@lockstep/core'], () => Promise.resolve({ step, accuracy }));
}
