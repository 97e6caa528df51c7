import {
  adam,
  adaptNormalization,
  apply,
  concatenate,
  cosineDecay,
  dense,
  embedding,
  type FitOptions,
  flatten,
  functional,
  input,
  type Model,
} from '@lockstep/core';
import { type Districts, DOLLARS, NUMBERS } from './districts.ts';

const BATCH_SIZE = 64;

/** Numbers are brought to mean 0 and deviation 1; a neighbourhood becomes a vector that is learned. The output is a price. */
export async function priceModel({ trainNumbers, categories }: Districts, seed: number): Promise<Model> {
  const numbers = input({ shape: [NUMBERS.length], name: 'numbers' });
  const neighbourhood = input({ shape: [1], name: 'neighbourhood' });
  const scaled = apply(await adaptNormalization(trainNumbers, { name: 'scaled' }), numbers);
  const places = apply(flatten(), apply(embedding(categories.length, 3, { name: 'places' }), neighbourhood));
  const first = dense(64, { activation: 'relu', kernelInitializer: 'heNormal', name: 'first' });
  const second = dense(32, { activation: 'relu', kernelInitializer: 'heNormal', name: 'second' });
  const hidden = apply(second, apply(first, concatenate([scaled, places])));
  return functional({ inputs: [numbers, neighbourhood], output: apply(dense(1, { name: 'price' }), hidden), seed });
}

/** The learning rate at the beginning; it comes down to 0 by the end. */
export const FIRST_RATE = 0.01;

export function priceFit({ train, validation }: Districts, epochs: number, seed: number): FitOptions {
  const decaySteps = epochs * Math.ceil(train.rows / BATCH_SIZE);
  return {
    loss: 'meanSquaredError',
    optimizer: adam({ learningRate: cosineDecay({ initialLearningRate: FIRST_RATE, decaySteps }) }),
    ...{ batchSize: BATCH_SIZE, epochs, seed, validation },
  };
}

/** Dollars for features [rows, columns]. */
export async function estimate(model: Model, features: Float32Array): Promise<Float32Array> {
  return (await model.predict(features)).map((output) => output * DOLLARS);
}

/** The root of the mean of squared errors. */
export function rootMeanSquaredError(estimates: ArrayLike<number>, prices: readonly number[]): number {
  const squares = prices.map((price, row) => (estimates[row] - price) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}
