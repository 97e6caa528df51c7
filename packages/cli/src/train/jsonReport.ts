import { epochRecord, type TrainReport } from './report.ts';

/** For programs: a line of JSON at the start, for each epoch, and at the end. */
export function jsonReport(write: (text: string) => void): TrainReport {
  const line = (event: string, fields: object): void => write(`${JSON.stringify({ event, ...fields })}\n`);
  return {
    start({ config, directory, model, kernels, data, workers, shards, batchSize, steps, epochs }) {
      const { kind, tile, revectorized, fusedMultiplyAdd, warnings } = kernels;
      line('start', {
        config,
        directory,
        parameters: model.countParams(),
        kernels: { kind, tile, revectorized, fusedMultiplyAdd, warnings },
        workers,
        shards,
        rows: data.rows,
        batchSize,
        stepsPerEpoch: steps,
        epochs,
      });
    },
    epoch(end) {
      line('epoch', epochRecord(end));
    },
    end({ last, history, stoppedBy, test, weightsHash, directory, modelPath }) {
      line('end', {
        status: stoppedBy === null ? 'completed' : 'interrupted',
        signal: stoppedBy,
        epochs: last?.epoch ?? 0,
        metrics: last?.metrics ?? null,
        test,
        steps: history?.steps ?? null,
        seconds: history?.seconds ?? null,
        samplesPerSecond: history?.samplesPerSecond ?? null,
        weightsHash,
        directory,
        model: modelPath,
      });
    },
  };
}
