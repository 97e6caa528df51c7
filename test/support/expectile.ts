import { defineLoss, log } from '@lockstep/core/layer';

/**
 * Squared errors of which those above the label weigh 1 - τ and those below it τ (Newey & Powell 1987), meaned over the outputs. For
 * the tables of cases.ts.
 */
export const expectile = defineLoss(import.meta.url, {
  name: 'expectile',

  options: ({ tau = 0.5 }: { readonly tau?: number }) => ({ tau }),

  loss({ output, label, options: { tau } }) {
    let sum = 0;
    for (let i = 0; i < output.length; i++) {
      const error = label[i] - output[i];
      sum += (error > 0 ? tau : 1 - tau) * error * error;
    }
    return sum / output.length;
  },

  gradient({ output, label, outputGradient, options: { tau } }) {
    for (let i = 0; i < output.length; i++) {
      const error = label[i] - output[i];
      outputGradient[i] = ((error > 0 ? tau : 1 - tau) * -2 * error) / output.length;
    }
  },
});

/** One number of a label for several outputs, and a loss that may be infinite: −log of how likely the class is, by its number. */
export const likelihood = defineLoss(import.meta.url, {
  name: 'likelihood',
  labelWidth: () => 1,
  loss: ({ output, label }) => -log(output[label[0]]),
  gradient({ output, label, outputGradient }) {
    outputGradient.fill(0);
    outputGradient[label[0]] = -1 / output[label[0]];
  },
});
