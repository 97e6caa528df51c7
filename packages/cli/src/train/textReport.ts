import { describeKernels, formatCount, formatMetrics, formatSeconds } from '@lockstep/core';
import { displayPath } from './runDirectory.ts';
import type { TrainReport } from './report.ts';

/** For people: the model before, the results after. The epochs are on standard error, as progress. */
export function textReport(write: (text: string) => void): TrainReport {
  const count = (value: number): string => formatCount(Math.round(value));
  const plural = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
  const row = (name: string, value: string): void => write(`${name.padEnd(12)}${value}\n`);
  return {
    start({ model, kernels, data, workers, shards, batchSize, steps, epochs }) {
      write(`${model.summary()}\n${describeKernels(kernels)}\n`);
      write(
        `${plural(workers, 'worker')}, ${plural(data.rows, 'row')} in batches of ${count(batchSize)} (${plural(shards, 'shard')}), ` +
          `${plural(steps, 'step')} an epoch, ${plural(epochs, 'epoch')}\n\n`,
      );
    },
    epoch() {},
    end({ last, history, stoppedBy, test, weightsHash, directory, modelPath }) {
      if (stoppedBy !== null) row('stopped', `by ${stoppedBy}, after ${plural(last?.epoch ?? 0, 'whole epoch')}`);
      if (last !== null) row(`epoch ${last.epoch}`, formatMetrics(last.metrics));
      if (test !== null) row('test', formatMetrics(test));
      if (history !== null) {
        row('speed', `${count(history.samplesPerSecond)} samples/s, ${formatSeconds(history.seconds)} in all`);
      }
      row('weights', `SHA-256 ${weightsHash}`);
      row('model', displayPath(modelPath));
      row('run', displayPath(directory));
    },
  };
}
