import { styleText } from 'node:util';
import { type Dataset, describeKernels, type FitOptions, loadKernels, type Model } from '@lockstep/core';
import type { ExampleArguments } from './arguments.ts';
import { countCorrect, formatConfusionMatrix } from './confusionMatrix.ts';
import { count, print, printRow, printTraining } from './printing.ts';

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

  const matrix = await model.confusionMatrix(test);
  const correct = countCorrect(matrix);
  const accuracy = correct / test.rows;
  print('\nTest images: a line for each digit, a column for each answer\n');
  print(`${formatConfusionMatrix(matrix)}\n`);
  printRow('test accuracy', `${styleText('bold', percent(accuracy))}  ${count(correct)} of ${count(test.rows)} images`);
  printTraining(history);

  if (steps !== undefined || accuracy >= wantedAccuracy) return 0;
  process.stderr.write(`The test accuracy is below ${percent(wantedAccuracy)}.\n`);
  return 1;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
