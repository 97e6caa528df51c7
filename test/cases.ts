/**
 * The tables that the general tests run over. A new layer, loss or optimizer adds a line there, and so comes under the
 * gradient check (gradients.test.ts), the partition check (partition.test.ts) and the one-hash check (oneHash.test.ts); a new
 * dataset that of datasetRuns.test.ts.
 */
export { DATASETS } from './cases/datasets.ts';
export { createModel, differsInTraining, isRegularized, withoutAverages } from './cases/models.ts';
export type { NetworkCase } from './cases/networkCase.ts';
export { NETWORKS } from './cases/networks.ts';
export { createDataset, createRows, createWeights, type Rows, type Weighting, WEIGHTINGS } from './cases/rows.ts';
export { metricsOf, type Outcome, train } from './cases/runs.ts';
export { OPTIMIZERS, SHARDS, updateOptions, UPDATES } from './cases/updates.ts';
