import { describeKernels, formatCount, formatMetrics, formatSeconds } from '@lockstep/core';
import { displayPath } from '../run/directory.ts';
import { notice } from './notices.ts';
import type { RunEnd, TrainReport } from './report.ts';

/** For people: the model before, the results after. The epochs, and what comes between them, are on standard error. */
export function textReport(write: (text: string) => void): TrainReport {
  const count = (value: number): string => formatCount(Math.round(value));
  const plural = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
  const row = (name: string, value: string): void => write(`${name.padEnd(12)}${value}\n`);
  return {
    start({ model, kernels, manifest, workers, shards, batchSize, steps, epochs }) {
      write(`${model.summary()}\n${describeKernels(kernels)}\n`);
      write(
        `${plural(workers, 'worker')}, ${plural(manifest.configuration.data.rows, 'row')} in batches of ${count(batchSize)} (${plural(shards, 'shard')}), ` +
          `${plural(steps, 'step')} an epoch, ${plural(epochs, 'epoch')}\n\n`,
      );
    },
    resume({ epoch, steps }, { path }) {
      const done = `${plural(epoch, 'epoch')} and ${plural(steps, 'step')} in all are done`;
      write(`goes on from ${displayPath(path)}: ${done}\n\n`);
    },
    epoch() {},
    checkpoint() {},
    restart({ thread, place, cause, seconds }) {
      notice(`${thread} was replaced: it broke at ${place} (${cause}); steps went on after ${formatSeconds(seconds)}`);
    },
    end(end) {
      const { event, epochs, metrics, history, restarts, checkpoint, directory, modelPath, resume } = end;
      const { test = null, weightsHash } = event;
      const how = describeEnd(end);
      if (how !== null) row('stopped', `${how}, after ${plural(epochs, 'whole epoch')}`);
      if (end.wasComplete) row('complete', 'nothing was left to do');
      if (metrics !== null) row(`epoch ${epochs}`, formatMetrics(metrics));
      if (test !== null) row('test', formatMetrics(test));
      if (history !== null && Number.isFinite(history.samplesPerSecond)) {
        row('speed', `${count(history.samplesPerSecond)} samples/s, ${formatSeconds(history.seconds)} in all`);
      }
      if (restarts.length > 0) row('restarts', plural(restarts.length, 'thread'));
      if (weightsHash !== null) row('weights', `SHA-256 ${weightsHash}`);
      if (modelPath !== null) row('model', displayPath(modelPath));
      if (checkpoint !== null)
        row('checkpoint', `${displayPath(checkpoint.path)}, ${plural(checkpoint.steps, 'step')}`);
      row('run', displayPath(directory));
      if (resume !== null) row('to go on', resume);
    },
  };
}

/** Null for a run that came to its end. */
function describeEnd({ event: { status, stoppedBy } }: RunEnd): string | null {
  if (status === 'interrupted') return `by ${stoppedBy}`;
  if (status === 'stopped')
    return stoppedBy === 'maxTime' ? 'because its time was over' : 'by a callback after a batch';
  if (stoppedBy === 'convergence') return 'because it has converged';
  return stoppedBy === 'callback' ? 'by a callback' : null;
}
