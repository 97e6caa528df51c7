import { defineLayer, exp } from '@lockstep/core/layer';

/**
 * Radial basis functions (Broomhead & Lowe 1988): y_k = h_k · exp(-γ |x - c_k|²), with a shape of its own, two parameters that are
 * trained, one of them of two dimensions, and one that is not. For the tables of cases.ts.
 */
export const radialBasis = defineLayer(import.meta.url, {
  name: 'radialBasis',

  options: ({ units, gamma = 0.5 }: { readonly units: number; readonly gamma?: number }) => ({ units, gamma }),

  outputShape: (_inputShape, { units }) => [units],

  parameters: ([inputs], { units, gamma }) => ({
    centers: { shape: [units, inputs], initializer: { kind: 'randomUniform', minimum: -1, maximum: 1 } },
    gamma: { shape: [1], initializer: { kind: 'constant', value: gamma }, trainable: false },
    heights: { shape: [units], initializer: 'ones' },
  }),

  forward({ input, output, parameters: { centers, gamma, heights } }) {
    for (let k = 0; k < output.length; k++) {
      let square = 0;
      for (let i = 0; i < input.length; i++) {
        const difference = input[i] - centers[k * input.length + i];
        square += difference * difference;
      }
      output[k] = heights[k] * exp(-gamma[0] * square);
    }
  },

  backward({ input, output, outputGradient, inputGradient, parameters: { centers, gamma } }) {
    inputGradient.fill(0);
    for (let k = 0; k < output.length; k++) {
      const slope = -2 * gamma[0] * output[k] * outputGradient[k];
      for (let i = 0; i < input.length; i++) inputGradient[i] += slope * (input[i] - centers[k * input.length + i]);
    }
  },

  parameterGradients: {
    centers({ input, output, outputGradient, parameters: { centers, gamma }, gradient }) {
      for (let k = 0; k < output.length; k++) {
        const slope = 2 * gamma[0] * output[k] * outputGradient[k];
        for (let i = 0; i < input.length; i++) {
          const at = k * input.length + i;
          gradient[at] += slope * (input[i] - centers[at]);
        }
      }
    },
    heights({ input, outputGradient, parameters: { centers, gamma }, gradient }) {
      for (let k = 0; k < gradient.length; k++) {
        let square = 0;
        for (let i = 0; i < input.length; i++) {
          const difference = input[i] - centers[k * input.length + i];
          square += difference * difference;
        }
        gradient[k] += outputGradient[k] * exp(-gamma[0] * square);
      }
    },
  },
});
