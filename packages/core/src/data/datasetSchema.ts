import * as v from 'valibot';
import type { Dataset } from './dataset.ts';

/** What a user gives as a dataset. */
export const datasetSchema: v.GenericSchema<Dataset> = v.custom<Dataset>(
  (value) => typeof value === 'object' && value !== null && 'source' in value && 'chunkRows' in value,
  'This is a dataset. Datasets come from tensorDataset, arrowDataset or another dataset function: await it first',
);
