import { type FitOptions, type History, type Metric, topKAccuracy } from '@lockstep/core';
import { createModel } from './models.ts';
import type { NetworkCase } from './networkCase.ts';
import { createDataset, type Weighting } from './rows.ts';

/** Metrics that go with losses of classes; with others go errors. */
const CLASS_METRICS: Readonly<Record<string, readonly Metric[]>> = {
  sparseCategoricalCrossentropy: ['accuracy', 'f1'],
  categoricalCrossentropy: ['accuracy', 'precision', topKAccuracy({ k: 2 }), 'meanSquaredError'],
  binaryCrossentropy: ['accuracy', 'f1', 'meanAbsoluteError'],
  hinge: ['accuracy', 'recall'],
  perceptron: ['accuracy', 'f1', 'meanSquaredError'],
};

export function metricsOf({ loss }: NetworkCase): readonly Metric[] {
  return CLASS_METRICS[typeof loss === 'string' ? loss : loss.kind] ?? ['rootMeanSquaredError', 'r2'];
}

/** What must be the same for any number of threads. */
export interface Outcome extends Pick<History, 'metrics' | 'weightsHashes' | 'epochs' | 'steps'> {
  readonly hash: string;
}

/** A whole run of a fresh model. */
export async function train(
  network: NetworkCase,
  run: {
    readonly rows: number;
    readonly validationRows: number;
    readonly seed: number;
    readonly weighting?: Weighting;
    /** Whether rows come from windows, and not from arrays. */
    readonly inWindows?: boolean;
  },
  options: Omit<FitOptions, 'loss' | 'validation'>,
): Promise<Outcome> {
  const model = createModel(network, run.seed);
  const { rows, validationRows, seed, weighting, inWindows } = run;
  const validation =
    validationRows === 0 ? {} : { validation: createDataset(network, validationRows, seed + 9, 'none', inWindows) };
  const history = await model.fit(createDataset(network, rows, seed, weighting, inWindows), {
    ...{ loss: network.loss, metrics: metricsOf(network), progress: false, ...validation },
    ...options,
  });
  const { weightsHash: hash, metrics, weightsHashes, epochs, steps } = history;
  return { hash, metrics, weightsHashes, epochs, steps };
}
