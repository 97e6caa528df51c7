import { once } from 'node:events';
import { adam, dense, type History, sequential, tensorDataset } from '@lockstep/core';
import { classNumbers, signedNumbers } from './numbers.ts';

const [ROWS, INPUTS, CLASSES] = [1000, 12, 3];

/** A run that writes no checkpoint unless it is stopped, and that stops for signals. */
export function longRun(
  directory: string,
  workers: number,
  epochs: number,
  onEpochEnd: (epoch: number) => void | Promise<void> = () => {},
): Promise<History> {
  const layers = [dense(32, { activation: 'relu' }), dense(CLASSES, { activation: 'softmax' })];
  const model = sequential(layers, { inputShape: [INPUTS], seed: 5 });
  const data = tensorDataset({
    features: signedNumbers(ROWS * INPUTS, 1),
    labels: classNumbers(ROWS, CLASSES, 2),
    featureShape: [INPUTS],
  });
  return model.fit(data, {
    ...{ loss: 'sparseCategoricalCrossentropy', optimizer: adam(), batchSize: 24, epochs, workers, progress: false },
    ...{ checkpoint: { directory, everySeconds: 3600 }, resume: true, handleSignals: true },
    callbacks: [{ onEpochEnd: ({ epoch }) => onEpochEnd(epoch) }],
  });
}

// As a program (handleSignals.test.ts starts it): tells of the second epoch, and goes on only when a signal has come.
if (process.argv[1] === import.meta.filename) {
  const [directory, workers] = process.argv.slice(2);
  const comes = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await longRun(directory, Number(workers), 6, async (epoch) => {
    if (epoch !== 2) return;
    process.stdout.write('waiting\n');
    await comes;
  });
}
