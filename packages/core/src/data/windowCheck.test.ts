import { expect, test } from 'vitest';
import type { Dataset, FeatureRun, WindowDescription } from './dataset.ts';
import { checkWindow } from './windowCheck.ts';
import { checkWindowDescription } from './windowDescription.ts';

const memory = { buffer: new ArrayBuffer(0), byteOffset: 4096, byteLength: 4096 };

test.each([
  { title: 'fewer runs', window: { starts: [4096] } },
  { title: 'a run before its memory', window: { starts: [4032, 4160] } },
  { title: 'a run at no multiple of 64', window: { starts: [4096, 4168] } },
  { title: 'a run beyond its memory', window: { starts: [4096, 8192] } },
  { title: 'rows in places beyond its memory', window: { starts: [4096, 7168], places: Uint32Array.of(0, 1, 130) } },
  { title: 'places for fewer rows', window: { starts: [4096, 4160], places: Uint32Array.of(0, 1) } },
  { title: 'more rows than threads tell apart', window: { starts: [4096, 4160], places: Uint32Array.of(0, 1, 8) } },
])('a window with $title is refused', ({ window }) => {
  expect(() => checkWindow(window, 3, [4, 8], memory, 8)).toThrow(expect.objectContaining({ code: 'INVALID_DATA' }));
});

test('a window to its last byte is taken, with rows that are left out and without', () => {
  const starts = [4096, 8192 - 64];
  const exact = { ...memory, byteLength: 4096 - 64 + 24 };
  expect(() => checkWindow({ starts }, 3, [4, 8], exact)).not.toThrow();
  expect(() => checkWindow({ starts, places: Uint32Array.of(7, 0, 1) }, 3, [4, 8], memory, 8)).not.toThrow();
});

const run: FeatureRun = { kind: 'uint8', width: 4, subtract: 0, factor: [1, 2, 3, 4] };
const windows: WindowDescription = { runs: [run], overheadBytes: 64, decodes: false };
const dataset: Dataset = {
  ...{ rows: 5, featureShape: [2, 2], label: { width: 1, integer: true }, chunkRows: [3, 2], windowBytesPerRow: 4 },
  ...{ windows, fingerprint: '', source: { module: 'file:///none.ts', options: null } },
};
const withRun = (part: object): Partial<Dataset> => ({ windows: { ...windows, runs: [{ ...run, ...part }] } });

test.each<[string, Partial<Dataset>]>([
  ['windows.runs', { featureShape: [3] }],
  ['windows.runs[0].kind', withRun({ kind: 'toString' })],
  ['windows.runs[0].width', withRun({ width: 3.5 })],
  ['windows.runs[0].factor', withRun({ factor: [1, 2, 3] })],
  ['windows.overheadBytes', { windows: { ...windows, overheadBytes: NaN } }],
  ['windowBytesPerRow', { windowBytesPerRow: 0 }],
  ['chunkRows', { chunkRows: [3, 3] }],
])('a dataset that says what cannot be is told of %s', (member, part) => {
  checkWindowDescription(dataset);
  const refusal = expect.objectContaining({ code: 'INVALID_OPTION', place: `dataset.${member}` });
  expect(() => checkWindowDescription({ ...dataset, ...part })).toThrow(refusal);
});
