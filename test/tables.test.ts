import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arrowDataset, convertCsv, csvDataset } from '@lockstep/arrow';
import { dense, sequential, tensorDataset } from '@lockstep/core';
import type { Dataset } from '@lockstep/core';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-tables-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ROWS = 300;
const NAMES = ['circle', 'square', 'triangle'];
const features = Float32Array.from({ length: ROWS * 2 }, (_, i) => ((i * 37) % 101) / 101 - 0.5);
const labels = Int32Array.from({ length: ROWS }, (_, i) => (i * 7) % 3);

const path = join(folder, 'shapes.csv');
const rows = Array.from(labels, (label, row) => `${features[2 * row]},"${NAMES[label]}",${features[2 * row + 1]}`);
writeFileSync(path, `x,shape,y\r\n${rows.join('\r\n')}\r\n`);

async function train(data: Dataset): Promise<string> {
  const model = sequential([dense(8, { activation: 'relu' }), dense(3, { activation: 'softmax' })], {
    inputShape: data.featureShape,
    seed: 3,
  });
  const options = {
    loss: 'sparseCategoricalCrossentropy',
    epochs: 2,
    batchSize: 32,
    shuffle: false,
    workers: 1,
  } as const;
  return (await model.fit(data, options)).weightsHash.at(-1)!;
}

test('arrays, their CSV file and what is converted of it train to the same bits', async () => {
  const columns = { features: ['x', 'y'], label: 'shape' };
  // Circles are first in the file, then triangles: numbers must be those of the arrays.
  const types = { shape: NAMES };
  const arrays = tensorDataset({ features, labels, featureShape: [2] });
  const table = await csvDataset(path, { ...columns, types });
  expect(table.fingerprint).toBe(arrays.fingerprint);
  expect(table.categories).toEqual({ shape: NAMES });
  await convertCsv(path, join(folder, 'shapes'), { types });
  const converted = await arrowDataset(join(folder, 'shapes/part-*.arrow'), columns);
  const hash = await train(arrays);
  expect(await train(table)).toBe(hash);
  expect(await train(converted)).toBe(hash);
});
