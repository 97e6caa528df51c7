import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  dense,
  encodeSafetensors,
  ERROR_CODES,
  loadModel,
  type LockstepError,
  type Model,
  sequential,
  tensorDataset,
  WARNING_CODES,
} from '@lockstep/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { data, fit, LOSS, model } from './mistakes/subjects.ts';
import { DATA_MISTAKES } from './mistakes/data.ts';
import { MODEL_MISTAKES } from './mistakes/models.ts';
import { MAKING_MISTAKES } from './mistakes/makingOptions.ts';
import { RUN_MISTAKES } from './mistakes/runOptions.ts';
import { raised, testMistakes } from './support/mistakes.ts';
import { catchWarnings } from './support/warnings.ts';
import { codeTable } from './tools/writeErrors.ts';

test('docs/errors.md lists exactly the codes, with their sentences (test/tools/writeErrors.ts writes it)', () => {
  const text = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
  expect(text).toContain(`\n${codeTable(ERROR_CODES)}\n\n## Warnings\n`);
  expect(text.endsWith(`\n\n${codeTable(WARNING_CODES)}\n`)).toBe(true);
});

const takeWarnings = catchWarnings();

describe.each([
  ['options of layers, optimizers and data', MAKING_MISTAKES],
  ['options of runs', RUN_MISTAKES],
  ['models', MODEL_MISTAKES],
  ['data', DATA_MISTAKES],
])('mistakes in %s are answered with a code, a place and advice', (_, mistakes) => {
  testMistakes(mistakes);
});

/** A label column of texts is in packages/arrow/src/damage.test.ts, beside what writes such files. */
describe('mistakes that beginners make are answered with what to do', () => {
  const few = (units: number, activation: 'softmax' | 'sigmoid'): Model =>
    sequential([dense(units, { activation })], { inputShape: [2] });

  testMistakes([
    {
      title: 'rows of another shape than the model takes',
      make: fit({}, data({ features: [1, 2, 3, 4, 5, 6], featureShape: [3] })),
      answer: { code: 'SHAPE_MISMATCH', place: 'fit: features of a row', advice: 'Give the model inputShape: [3]' },
    },
    {
      title: 'classes numbered from 1',
      make: fit({ shuffle: false }, data({ labels: [1, 3] })),
      answer: {
        code: 'LABEL_OUT_OF_RANGE',
        place: 'tensorDataset, row 1',
        advice: 'numbered from 1? Number them from 0',
      },
    },
    {
      title: 'a class far beyond the last',
      make: fit({ shuffle: false }, data({ labels: [1, 7] })),
      answer: { code: 'LABEL_OUT_OF_RANGE', place: 'tensorDataset, row 1', advice: 'one unit for each class' },
    },
    {
      title: 'softmax with squared error',
      make: () => few(3, 'softmax').fit(data({ labels: [1, 0, 0, 0, 0, 1] }), { loss: 'meanSquaredError' }),
      answer: {
        ...{ code: 'UNSUPPORTED', place: 'fit.loss', received: 'activation softmax in layer "dense_1"' },
        advice: 'For class probabilities use sparseCategoricalCrossentropy',
      },
    },
    {
      title: 'sigmoid for several exclusive classes, by their indices',
      make: () => few(3, 'sigmoid').fit(data(), { loss: 'binaryCrossentropy' }),
      answer: {
        ...{ code: 'SHAPE_MISMATCH', place: 'fit: labels of a row', expected: '3 for binaryCrossentropy' },
        advice: "activation: 'softmax' and use sparseCategoricalCrossentropy",
      },
    },
    {
      title: 'sigmoid for several exclusive classes, one-hot',
      make: () => few(3, 'sigmoid').fit(data({ labels: [1, 0, 0, 0, 0, 1] }), { loss: 'categoricalCrossentropy' }),
      answer: { code: 'UNSUPPORTED', place: 'fit.loss', received: 'sigmoid', advice: "activation: 'softmax'" },
    },
    {
      title: 'one-hot labels for a loss that takes indices',
      make: fit({}, data({ labels: [1, 0, 0, 0, 0, 1] })),
      answer: { code: 'SHAPE_MISMATCH', place: 'fit: labels of a row', advice: 'or use categoricalCrossentropy' },
    },
  ]);

  test('pixels as they come, which is a warning', async () => {
    const pixels = data({ features: [0, 255, 128, 3] });
    const { notices } = await model().fit(pixels, { loss: LOSS, workers: 1, progress: false });
    expect(await takeWarnings()).toMatchObject(notices);
    expect(notices).toMatchObject([
      {
        code: 'LOCKSTEP_UNSCALED_FEATURES',
        message: expect.stringMatching(
          /^Features reach 255 \(column 1, .*rescaling\(1 \/ 255\).*adaptNormalization/,
        ) as string,
      },
    ]);
  });
});

describe('memory', () => {
  test('a model beyond 4 GiB is refused before anything is allocated, with the largest parts', async () => {
    const before = process.memoryUsage.rss();
    const error = await raised(() => sequential([dense(60_000), dense(60_000)], { inputShape: [60_000] }));
    expect(error).toMatchObject({ code: 'MEMORY_EXCEEDED', place: 'memory plan', expected: 'at most 4.0 GiB in all' });
    expect((error as LockstepError).received).toContain('dense_1/kernel: 13.4 GiB');
    expect(process.memoryUsage.rss() - before).toBeLessThan(500e6);
  });

  test('a run that does not fit is refused, and the model stays usable', async () => {
    // 200 MB of weights; a gradient, two moments and two packings make it 1.2 GB, and 40 million outputs a step the rest.
    const wide = sequential([dense(50_000, { kernelInitializer: 'zeros' })], { inputShape: [2] });
    const rows = 10_000;
    const dataset = tensorDataset({
      features: new Float32Array(rows * 2),
      labels: new Int32Array(rows),
      featureShape: [2],
    });
    const classifier = sequential([dense(50_000, { activation: 'softmax', kernelInitializer: 'zeros' })], {
      inputShape: [2],
    });
    const error = await raised(() => classifier.fit(dataset, { loss: LOSS, batchSize: rows, workers: 1 }));
    expect(error).toMatchObject({ code: 'MEMORY_EXCEEDED', place: 'memory plan' });
    expect((error as LockstepError).received).toMatch(/the largest parts:\n.*output.* of dense_1: 1\.9 GiB\n/);
    expect((error as LockstepError).advice).toContain('smaller batch size');
    expect((await classifier.fit(dataset, { loss: LOSS, batchSize: 2, workers: 1, maxSteps: 1 })).steps).toBe(1);
    expect((await wide.predict([1, 2])).every((value) => value === 0)).toBe(true);
  });
});

describe('model files', () => {
  const spec = JSON.stringify(model().spec);
  const file = (metadata: Record<string, string>): Uint8Array =>
    encodeSafetensors({ metadata, tensors: [{ name: 'dense_1/kernel', shape: [2, 3], data: new Float32Array(6) }] });

  test.each([
    { title: 'text', bytes: new TextEncoder().encode('this is not a model'), code: 'FILE_INVALID' },
    { title: 'nothing', bytes: new Uint8Array(), code: 'FILE_INVALID' },
    { title: 'weights of another program', bytes: file({ format: 'pt' }), code: 'INVALID_MODEL' },
    { title: 'a specification that is not JSON', bytes: file({ 'lockstep.spec': '{' }), code: 'INVALID_MODEL' },
    {
      title: 'a specification of a later version',
      bytes: file({ 'lockstep.spec': spec.replace('"version":1', '"version":2') }),
      code: 'INVALID_MODEL',
    },
    {
      title: 'a layer that is not known',
      bytes: file({ 'lockstep.spec': spec.replace('"kind":"dense"', '"kind":"conv"') }),
      code: 'INVALID_MODEL',
    },
    { title: 'too few weights', bytes: file({ 'lockstep.spec': spec }), code: 'SHAPE_MISMATCH' },
  ])('$title: $code', async ({ bytes, code }) => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-errors-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'model.safetensors');
    await writeFile(path, bytes);
    expect(await raised(() => loadModel(path))).toMatchObject({ code });
  });

  test('a file that is not there', async () => {
    const error = await raised(() => loadModel('/nowhere/model.safetensors'));
    expect(error).toMatchObject({ code: 'FILE_NOT_FOUND', place: '/nowhere/model.safetensors' });
    expect((error as LockstepError).cause).toMatchObject({ code: 'ENOENT' });
  });

  test('a folder, and a path through a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-errors-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'file'), '');
    expect(await raised(() => loadModel(folder))).toMatchObject({
      code: 'FILE_NOT_FOUND',
      received: 'EISDIR: illegal operation on a directory',
      advice: 'The path is a folder; name the file in it.',
    });
    expect(await raised(() => loadModel(join(folder, 'file', 'model')))).toMatchObject({
      code: 'FILE_NOT_FOUND',
      advice: expect.stringContaining('A part of the path is a file') as string,
    });
  });

  test('saving where nothing can be written leaves nothing behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-errors-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'missing', 'model.safetensors');
    expect(await raised(() => model().save(path))).toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      place: path,
      received: 'ENOENT: no such file or directory',
      advice: 'The folder does not exist; create it first.',
    });
    await mkdir(join(folder, 'taken'));
    expect(await raised(() => model().save(join(folder, 'taken')))).toMatchObject({ code: 'FILE_NOT_WRITTEN' });
    expect(await readdir(folder)).toEqual(['taken']);
  });
});
