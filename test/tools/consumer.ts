/**
 * What a stranger writes first, as `try.mjs`: two workers train, and the hash of the weights is printed. With arguments, the
 * run is one that goes on in a folder and stops after so many steps, and loses a thread on the way.
 */
export const CONSUMER = `import { dense, sequential, tensorDataset } from '@lockstep/core';

const features = Float32Array.from({ length: 600 }, (_, index) => ((index * 37) % 101) / 101);
const labels = Int32Array.from({ length: 150 }, (_, row) => (features[row * 4] > features[row * 4 + 1] ? 1 : 0));
const data = tensorDataset({ features, labels, featureShape: [4] });
const layers = [dense(16, { activation: 'relu' }), dense(2, { activation: 'softmax' })];
const model = sequential(layers, { inputShape: [4], seed: 7 });
const fit = { loss: 'sparseCategoricalCrossentropy', batchSize: 20, epochs: 3, workers: 2 };
const [directory, maxSteps] = process.argv.slice(2);
if (directory !== undefined) {
  Object.assign(fit, { checkpoint: { directory }, resume: true, maxSteps: Number(maxSteps) });
  Object.assign(fit, { faults: [{ thread: 1, step: 0, action: 'terminate', at: 'compute' }] });
}
await model.fit(data, fit);
console.log(model.weightsHash());
`;

/** The same with every package imported, for a compiler: strict, declarations of libraries checked, no DOM. */
export const TYPED_CONSUMER = `import { arrowDataset, type ArrowDatasetOptions } from '@lockstep/arrow';
import { dense, type Dataset, type History, type Layer, sequential } from '@lockstep/core';
import { loadKernels } from '@lockstep/kernels';
import { defineConfig, type LockstepConfig } from 'lockstep';

export const options: ArrowDatasetOptions = { features: ['image'], label: 'digit' };
export const open: (path: string) => Promise<Dataset> = (path) => arrowDataset(path, options);
const layers: readonly Layer[] = [dense(2, { activation: 'softmax' })];
// @ts-expect-error: an activation that does not exist
dense(2, { activation: 'sofmax' });
export async function train(data: Dataset): Promise<History> {
  return sequential(layers, { inputShape: [4] }).fit(data, { loss: 'sparseCategoricalCrossentropy' });
}
export const config = (data: Dataset): LockstepConfig =>
  defineConfig({ model: sequential(layers, { inputShape: [4] }), data, fit: { loss: 'sparseCategoricalCrossentropy' } });
export { loadKernels };
`;
