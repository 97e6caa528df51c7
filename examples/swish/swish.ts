/**
 * Swish with a slope that is learned (Ramachandran, Zoph & Le 2017): y = x · σ(βx), one β for each number of a row. A layer that
 * is not in Lockstep, in a module of its own, which every thread imports.
 */
import { defineLayer, sigmoid } from '@lockstep/core/layer';

export const swish = defineLayer(import.meta.url, {
  name: 'swish',

  options: ({ beta = 1 }: { readonly beta?: number }) => ({ beta }),

  parameters: (inputShape, { beta }) => ({
    beta: { shape: inputShape, initializer: { kind: 'constant', value: beta } },
  }),

  forward({ input, output, parameters: { beta } }) {
    for (let i = 0; i < input.length; i++) output[i] = input[i] * sigmoid(beta[i] * input[i]);
  },

  // dy/dx = s + βy · (1 - s), with s = σ(βx)
  backward({ input, output, outputGradient, inputGradient, parameters: { beta } }) {
    for (let i = 0; i < input.length; i++) {
      const s = sigmoid(beta[i] * input[i]);
      inputGradient[i] = outputGradient[i] * (s + beta[i] * output[i] * (1 - s));
    }
  },

  parameterGradients: {
    // dy/dβ = xy · (1 - s)
    beta({ input, output, outputGradient, parameters: { beta }, gradient }) {
      for (let i = 0; i < input.length; i++) {
        const s = sigmoid(beta[i] * input[i]);
        gradient[i] += outputGradient[i] * input[i] * output[i] * (1 - s);
      }
    },
  },
});
