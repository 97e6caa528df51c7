import {
  apply,
  categoryEncoding,
  concatenate,
  dense,
  embedding,
  flatten,
  layerNormalization,
  input,
  randomNormal,
  reshape,
} from '@lockstep/core';
import { classNumbers, signedNumbers } from '../support/numbers.ts';
import type { NetworkCase } from './networkCase.ts';

/** Layers that take indices: as the whole row, or as one input beside others. */
export function categoryCases(): NetworkCase[] {
  const indices = (columns: number, categories: number) => (rows: number, seed: number) =>
    Float32Array.from(classNumbers(rows * columns, categories, seed));
  return [
    {
      name: 'an embedding, of which some entries are never seen',
      ...{ inputs: 3, outputs: 4, loss: 'sparseCategoricalCrossentropy' },
      features: indices(3, 6),
      layers: () => [
        embedding(8, 5, { embeddingsInitializer: randomNormal({ deviation: 0.5 }) }),
        flatten(),
        dense(4, { activation: 'softmax' }),
      ],
    },
    {
      name: 'an embedding beside numbers, normalized',
      ...{ inputs: 5, outputs: 1, loss: 'meanSquaredError' },
      features(rows, seed) {
        const features = signedNumbers(rows * 5, seed);
        const categories = classNumbers(rows * 2, 7, seed + 5);
        for (let i = 0; i < categories.length; i++) features[Math.floor(i / 2) * 5 + 3 + (i % 2)] = categories[i];
        return features;
      },
      layers() {
        const numbers = input({ shape: [3] });
        const words = input({ shape: [2] });
        const vectors = apply(embedding(7, 9, { embeddingsInitializer: 'heNormal' }), apply(reshape([2, 1]), words));
        const scaled = apply(flatten(), apply(layerNormalization(), vectors));
        const hidden = apply(dense(6, { activation: 'tanh' }), concatenate([numbers, scaled]));
        return { inputs: [numbers, words], output: apply(dense(1), hidden) };
      },
    },
    ...(['oneHot', 'multiHot', 'count'] as const).map((mode) => ({
      name: `categories, ${mode}`,
      ...{ inputs: 3, outputs: 2, loss: 'meanSquaredError' as const },
      features: indices(3, 5),
      layers: () => [categoryEncoding({ categories: 5, mode }), flatten(), dense(7, { activation: 'tanh' }), dense(2)],
    })),
  ];
}
