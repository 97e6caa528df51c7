import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRunFile, type RunFile, writeRunFile } from './manifest.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-manifest-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const MANIFEST = {
  version: 1,
  configuration: {},
  configurationHash: '0',
  kernels: {},
  machine: {},
  versions: {},
  flags: {},
  options: {},
  config: { path: '/x.config.ts', sha256: '0' },
  cwd: '/',
  initialWeightsHash: '0',
  startedAt: '2026-11-27T00:00:00.000Z',
  stepsPerEpoch: 3,
  resumptions: [],
} as unknown as RunFile;

describe('manifest.json', () => {
  it('is read as it was written', async () => {
    await writeRunFile(folder, MANIFEST);
    expect(await readRunFile(folder)).toEqual(MANIFEST);
  });

  it('is null where there is none', async () => {
    expect(await readRunFile(join(folder, 'nowhere'))).toBeNull();
  });

  it.each<[string, object | string, RegExp]>([
    ['text', 'nonsense', /manifest\.json: expected JSON.*FILE_INVALID/],
    ['a list', [], /expected an object/],
    ['another version', { ...MANIFEST, version: 2 }, /expected version 1, received version 2/],
    ['no configuration', { ...MANIFEST, configuration: null }, /expected an object "configuration"/],
    ['no hash', { ...MANIFEST, configurationHash: 5 }, /expected text "configurationHash"/],
    ['no config', { ...MANIFEST, config: {} }, /expected "config" with path and sha256/],
    ['no resumptions', { ...MANIFEST, resumptions: {} }, /expected a list "resumptions"/],
    ['no steps', { ...MANIFEST, stepsPerEpoch: 0 }, /expected a whole number "stepsPerEpoch"/],
  ])('is refused with %s', async (_, content, message) => {
    writeFileSync(join(folder, 'manifest.json'), typeof content === 'string' ? content : JSON.stringify(content));
    await expect(readRunFile(folder)).rejects.toThrow(message);
  });
});
