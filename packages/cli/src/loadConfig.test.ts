import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dense, modelFromSpec, sequential } from '@lockstep/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from './loadConfig.ts';

let folder: string;
/** A module is loaded once, so every text has a file of its own. */
let files = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-config-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const SPEC = sequential([dense(2)], { inputShape: [3], seed: 7 }).spec;
/** As much of a dataset as the loader looks at. */
const DATA = '{ source: {}, chunkRows: [1] }';

describe('loadConfig', () => {
  it('takes a specification for a model, and promises for datasets', async () => {
    const text = `export default { model: ${JSON.stringify(SPEC)}, data: Promise.resolve(${DATA}), fit: { epochs: 3 } };`;
    const config = await loadConfig(write('spec.mjs', text));
    expect(config.model.weightsHash()).toBe(modelFromSpec(SPEC).weightsHash());
    expect(config.data.chunkRows).toEqual([1]);
    expect(config).toMatchObject({ validation: null, test: null, fit: { epochs: 3 } });
  });

  it('calls a function, also an asynchronous one', async () => {
    const text = `export default async () => ({ model: ${JSON.stringify(SPEC)}, data: ${DATA}, fit: {} });`;
    expect((await loadConfig(write('function.mjs', text))).model.spec).toEqual(SPEC);
  });

  it.each<[string, RegExp]>([
    ['export const model = 1;', /default export: expected an object.*received nothing/],
    ['export default null;', /default export: expected an object.*received null/],
    ['export default () => 1;', /default export: expected an object.*received number/],
    ['export default { modle: 1 };', /modle: expected no such field.*model, data, validation, test, fit/],
    ['export default {};', /fit: expected the options of model\.fit, received nothing/],
    ['export default { fit: {} };', /model: expected a specification/],
    [`export default { fit: {}, model: ${JSON.stringify(SPEC)} };`, /data: expected a dataset, received nothing/],
    [
      `export default { fit: {}, model: ${JSON.stringify(SPEC)}, data: ${DATA}, test: [] };`,
      /test: expected a dataset, received object/,
    ],
  ])('refuses %s', async (text, message) => {
    await expect(loadConfig(write(`refused${files++}.mjs`, text))).rejects.toThrow(message);
  });
});
