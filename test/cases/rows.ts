import { type Dataset, tensorDataset } from '@lockstep/core';
import { windowsOverArrays } from '../support/arrayWindows.ts';
import { classNumbers, signedNumbers } from '../support/numbers.ts';
import type { NetworkCase } from './networkCase.ts';

export interface Rows {
  readonly features: Float32Array;
  readonly labels: Int32Array | Float32Array;
}

export function createRows(network: NetworkCase, rows: number, seed: number): Rows {
  const { loss } = network;
  const classes = (typeof loss === 'string' ? loss : loss.kind) === 'sparseCategoricalCrossentropy';
  return {
    features: network.features?.(rows, seed) ?? signedNumbers(rows * network.inputs, seed),
    labels: classes
      ? classNumbers(rows, network.outputs, seed + 1)
      : signedNumbers(rows * network.outputs, seed + 1).map(Math.abs),
  };
}

/** Weights of the rows: none given, some of them 0, the first ten rows 0, all of them 0. */
export const WEIGHTINGS = ['none', 'some 0', 'first 0', 'all 0'] as const;
export type Weighting = (typeof WEIGHTINGS)[number];

export function createWeights(rows: number, weighting: Weighting): Float32Array | undefined {
  if (weighting === 'none') return undefined;
  const weightOf = {
    'some 0': (row: number) => row % 4,
    'first 0': (row: number) => (row < 10 ? 0 : 1.5),
    'all 0': () => 0,
  };
  return Float32Array.from({ length: rows }, (_, row) => weightOf[weighting](row));
}

export function createDataset(
  network: NetworkCase,
  rows: number,
  seed: number,
  weighting: Weighting = 'none',
  inWindows = false,
): Dataset {
  const sampleWeights = createWeights(rows, weighting);
  if (inWindows) return windowsOverArrays(createRows(network, rows, seed), network.inputs, sampleWeights);
  return tensorDataset({
    ...{ ...createRows(network, rows, seed), featureShape: [network.inputs] },
    ...(sampleWeights === undefined ? {} : { sampleWeights }),
  });
}
