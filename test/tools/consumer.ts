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

/** A layer of a stranger's own, as `ownLayer.js`. */
export const OWN_LAYER = `import { defineLayer, tanh } from '@lockstep/core/layer';

export const bend = defineLayer(import.meta.url, {
  name: 'bend',
  options: ({ slope = 1 }) => ({ slope }),
  parameters: (inputShape, { slope }) => ({
    slope: { shape: inputShape, initializer: { kind: 'constant', value: slope } },
  }),
  forward({ input, output, parameters }) {
    for (let i = 0; i < input.length; i++) output[i] = tanh(parameters.slope[i] * input[i]);
  },
  backward({ output, outputGradient, inputGradient, parameters }) {
    for (let i = 0; i < output.length; i++) {
      inputGradient[i] = outputGradient[i] * parameters.slope[i] * (1 - output[i] * output[i]);
    }
  },
  parameterGradients: {
    slope({ input, output, outputGradient, gradient }) {
      for (let i = 0; i < output.length; i++) gradient[i] += outputGradient[i] * input[i] * (1 - output[i] * output[i]);
    },
  },
});
`;

/** Trains with it, on as many workers as it is told, saves the model and loads it again, as `tryLayer.js`. */
export const LAYER_CONSUMER = `import { dense, loadModel, sequential, tensorDataset } from '@lockstep/core';
import { bend } from './ownLayer.js';

const features = Float32Array.from({ length: 600 }, (_, index) => ((index * 37) % 101) / 101);
const labels = Int32Array.from({ length: 150 }, (_, row) => (features[row * 4] > features[row * 4 + 1] ? 1 : 0));
const data = tensorDataset({ features, labels, featureShape: [4] });
const layers = [dense(16), bend({ slope: 0.7 }), dense(2, { activation: 'softmax' })];
const model = sequential(layers, { inputShape: [4], seed: 7 });
await model.fit(data, { loss: 'sparseCategoricalCrossentropy', batchSize: 20, epochs: 2, workers: Number(process.argv[2]) });
await model.save('own.safetensors');
const loaded = await loadModel('own.safetensors', { layers: [bend] });
console.log(loaded.weightsHash());
`;

/** The same with every package imported, for a compiler: strict, declarations of libraries checked, no DOM. */
export const TYPED_CONSUMER = `import { arrowDataset, type ArrowDatasetOptions } from '@lockstep/arrow';
import { dense, type Dataset, type History, type Layer, sequential } from '@lockstep/core';
import { defineLayer, exp } from '@lockstep/core/layer';
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
export const scaled = defineLayer(import.meta.url, {
  name: 'scaled',
  options: ({ factor = 1 }: { readonly factor?: number }) => ({ factor }),
  parameters: (inputShape, { factor }) => ({
    factors: { shape: inputShape, initializer: { kind: 'constant', value: exp(factor) } },
  }),
  forward: ({ input, output, parameters: { factors } }) => output.forEach((_, i) => (output[i] = factors[i] * input[i])),
  backward({ outputGradient, inputGradient, parameters: { factors } }) {
    for (let i = 0; i < factors.length; i++) inputGradient[i] = factors[i] * outputGradient[i];
  },
  parameterGradients: {
    factors({ input, outputGradient, gradient, parameters, options }) {
      // @ts-expect-error: parameters are for reading
      parameters.factors[0] = options.factor;
      // @ts-expect-error: a parameter that does not exist
      void parameters.offsets;
      for (let i = 0; i < gradient.length; i++) gradient[i] += input[i] * outputGradient[i];
    },
  },
});
export const own: readonly Layer[] = [scaled(), scaled({ factor: 2, name: 'twice' })];
// @ts-expect-error: an option that does not exist
scaled({ factors: 2 });
export { loadKernels };
`;
