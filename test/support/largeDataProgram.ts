/** One training over large data, see largeData.ts; prints a LargeResult. */
import { arrowDataset } from '@lockstep/arrow';
import { type Callback, dense, sequential, sgd } from '@lockstep/core';
import { LARGE_BATCH_SIZE, type LargeResult, type LargeRun } from './largeData.ts';

const {
  path,
  workers,
  windowBytes,
  directory,
  epochs = 1,
  maxSteps,
  resume,
} = JSON.parse(process.argv.at(-1)!) as LargeRun;
const seconds = (since: number): number => (performance.now() - since) / 1000;

const opening = performance.now();
const dataset = await arrowDataset(path, { features: ['pixels'], label: 'label' });
const openSeconds = seconds(opening);
const model = sequential([dense(10, { activation: 'softmax' })], { inputShape: dataset.featureShape, seed: 1 });

const begin = performance.now();
let firstStepSeconds: number | null = null;
// Only where it is asked for: steps pause for it.
const first: Callback = {
  onBatchEnd: () => {
    firstStepSeconds ??= seconds(begin);
  },
};
const history = await model.fit(dataset, {
  ...{ loss: 'sparseCategoricalCrossentropy', optimizer: sgd({ learningRate: 0.01 }), seed: 5 },
  ...{ batchSize: LARGE_BATCH_SIZE, epochs, workers },
  ...(windowBytes === undefined ? {} : { windowBytes }),
  ...(directory === undefined ? {} : { checkpoint: { directory }, resume: resume === true }),
  ...(maxSteps === undefined ? {} : { maxSteps }),
  ...(resume === true ? { callbacks: [first] } : {}),
});
const result: LargeResult = {
  ...{
    steps: Math.min(maxSteps ?? Infinity, epochs * Math.ceil(dataset.rows / LARGE_BATCH_SIZE)),
    openSeconds,
    firstStepSeconds,
  },
  ...{ seconds: seconds(begin), peakBytes: process.resourceUsage().maxRSS * 1024, weightsHash: history.weightsHash },
};
process.stdout.write(JSON.stringify(result));
