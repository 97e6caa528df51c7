import type { TrainReport } from './report.ts';

/** For programs: the lines of metrics.jsonl, with one at the start, and more in the one at the end. */
export function jsonReport(write: (text: string) => void): TrainReport {
  const line = (event: object): void => write(`${JSON.stringify(event)}\n`);
  return {
    start({ config, directory, model, kernels, workers, shards, batchSize, steps, epochs, manifest }) {
      const { kind, tile, revectorized, fusedMultiplyAdd, warnings } = kernels;
      line({
        event: 'start',
        config,
        directory,
        parameters: model.countParams(),
        kernels: { kind, tile, revectorized, fusedMultiplyAdd, warnings },
        workers,
        shards,
        rows: manifest.configuration.data.rows,
        batchSize,
        stepsPerEpoch: steps,
        epochs,
        configurationHash: manifest.configurationHash,
      });
    },
    resume: line,
    epoch: line,
    checkpoint: line,
    restart(restart) {
      line({ event: 'restart', ...restart });
    },
    end({ event, signal, epochs, metrics, history, wasComplete, directory, modelPath, resume }) {
      const { steps, weightsHash, test = null, status, stoppedBy } = event;
      line({
        event: 'end',
        status,
        stoppedBy,
        signal,
        wasComplete,
        epochs,
        metrics,
        test,
        steps,
        seconds: history?.seconds ?? null,
        samplesPerSecond: history?.samplesPerSecond ?? null,
        notices: history?.notices ?? [],
        weightsHash,
        directory,
        model: modelPath,
        resume,
      });
    },
  };
}
