import { styleText } from 'node:util';
import { type Dataset, describeKernels, type FitOptions, formatSeconds, loadKernels, type Model } from '@lockstep/core';
import type { ExampleArguments } from './arguments.ts';
import { confusionMatrix, countCorrect, formatConfusionMatrix } from './confusionMatrix.ts';
import { readRows } from './readRows.ts';

export interface Classification {
  readonly title: string;
  readonly model: Model;
  readonly train: Dataset;
  readonly test: Dataset;
  /** Options beside the ones that the command line gives. */
  readonly fit: FitOptions;
  /** Share of the test rows that a full run must get right. */
  readonly wantedAccuracy: number;
}

/** Trains a classifier, shows all there is to see, and returns the exit code: 1 when a full run is not good enough. */
export async function classifyDigits(task: Classification, { workers, steps }: ExampleArguments): Promise<number> {
  const { title, model, train, test, wantedAccuracy } = task;
  print(styleText('bold', title));
  print(`${count(train.rows)} images to train on, ${count(test.rows)} to test`);
  print(styleText('dim', describeKernels(loadKernels())));
  print(`\n${model.summary()}\n`);

  const history = await model.fit(train, {
    ...task.fit,
    workers,
    progress: true,
    ...(steps === undefined ? {} : { maxSteps: steps }),
  });

  const { features, labels } = await readRows(test);
  const matrix = confusionMatrix(labels, await model.predict(features));
  const correct = countCorrect(matrix);
  const accuracy = correct / test.rows;
  print('\nTest images: a line for each digit, a column for each answer\n');
  print(`${formatConfusionMatrix(matrix)}\n`);
  printRow('test accuracy', `${styleText('bold', percent(accuracy))}  ${count(correct)} of ${count(test.rows)} images`);
  printRow(
    'training',
    `${formatSeconds(history.seconds)}  ${plural(history.steps, 'step')}, ${count(history.samplesPerSecond)} samples/s, ${plural(history.workers, 'worker')}`,
  );
  printRow('weights', `SHA-256 ${history.weightsHash}`);

  if (steps !== undefined || accuracy >= wantedAccuracy) return 0;
  process.stderr.write(`The test accuracy is below ${percent(wantedAccuracy)}.\n`);
  return 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printRow(name: string, value: string): void {
  print(`${name.padEnd(15)}${value}`);
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
