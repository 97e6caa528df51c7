import { type Dataset, type GeneratedBatch, type GeneratedRow, tensorDataset } from '@lockstep/core';

/** Rows that a generator makes: two features and a class; they differ from epoch to epoch. */
export const GENERATED = { rows: 70, featureShape: [2], label: 'classIndex' } as const;

export function generatedRow(row: number, epoch: number): GeneratedRow & { readonly label: number } {
  const features = [row / 128, Math.fround(((row * 7 + epoch * 5) % 23) / 11.5 - 1)];
  return { features, label: (row * 5 + epoch) % 3, weight: 1 + (row % 2) };
}

/** So many rows from `first` on at once. */
export function generatedBatch(first: number, count: number, epoch: number): GeneratedBatch {
  const all = Array.from({ length: count }, (_, i) => generatedRow(first + i, epoch));
  return {
    features: Float32Array.from(all.flatMap(({ features }) => features as number[])),
    labels: Uint8Array.from(all, ({ label }) => label),
    sampleWeights: all.map(({ weight = 1 }) => weight),
  };
}

/** The same rows in arrays. */
export function generatedArrays(count: number, epoch: number): Dataset {
  return tensorDataset({ ...generatedBatch(0, count, epoch), featureShape: GENERATED.featureShape });
}

/** What a module for `generatorDataset` exports: batches of 13 rows, as many as are asked for. */
export async function* rows(epoch: number): AsyncGenerator<GeneratedBatch> {
  for (let first = 0; ; first += 13) {
    await Promise.resolve();
    yield generatedBatch(first, 13, epoch);
  }
}
