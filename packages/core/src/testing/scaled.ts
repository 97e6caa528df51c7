import { type CustomLayer, defineLayer } from '../layer.ts';

/** A layer as users write them: every number times a number that is learned. */
export const scaled: CustomLayer = defineLayer(import.meta.url, {
  name: 'scaled',
  parameters: (inputShape) => ({ factors: { shape: inputShape, initializer: 'ones' } }),
  forward({ input, output, parameters: { factors } }) {
    for (let i = 0; i < output.length; i++) output[i] = input[i] * factors[i];
  },
  backward({ outputGradient, inputGradient, parameters: { factors } }) {
    for (let i = 0; i < inputGradient.length; i++) inputGradient[i] = outputGradient[i] * factors[i];
  },
  parameterGradients: {
    factors({ input, outputGradient, gradient }) {
      for (let i = 0; i < gradient.length; i++) gradient[i] += outputGradient[i] * input[i];
    },
  },
});
