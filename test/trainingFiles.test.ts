import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Callback,
  csvLogger,
  type FitOptions,
  type History,
  loadModel,
  modelCheckpoint,
  type ModelCheckpointOptions,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from './support/folder.ts';
import { option, raised, testMistakes } from './support/mistakes.ts';
import { SMALL, SMALL_STEPS, smallDataset, smallModel } from './support/resumeRun.ts';

/** What callbacks write beside a training: a table of its epochs, and model files. */
async function run(callbacks: readonly Callback[], more: Partial<FitOptions> = {}): Promise<History> {
  const own = { metrics: ['accuracy'], epochs: 4, workers: 1, validation: smallDataset(40, 5), callbacks } as const;
  const options = { ...SMALL, ...own, ...more };
  return smallModel().fit(smallDataset(), options);
}

describe('csvLogger', () => {
  const table = (path: string, separator = ','): string[][] =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(separator));

  test.each([',', ';', '\t'])('writes a line for every epoch, separated by %j', async (separator) => {
    const path = join(temporaryFolder(), 'log.csv');
    writeFileSync(path, 'what was there before\n');
    const { metrics } = await run([csvLogger(path, { separator })]);
    const [header, ...lines] = table(path, separator);
    expect(header).toEqual(['epoch', 'steps', 'loss', 'accuracy', 'valLoss', 'valAccuracy', 'learningRate']);
    expect(lines.map((line) => line.map(Number))).toEqual(
      [1, 2, 3, 4].map((epoch) => [
        ...[epoch, epoch * SMALL_STEPS],
        ...header.slice(2, 6).map((name) => metrics[name][epoch - 1]),
        0.001,
      ]),
    );
  });

  test('a run that is cut anywhere, its last line torn, leaves the same file as one that was not', async () => {
    const whole = join(temporaryFolder(), 'log.csv');
    await run([csvLogger(whole)]);
    for (const maxSteps of [2, SMALL_STEPS, 2 * SMALL_STEPS + 3]) {
      const folder = temporaryFolder();
      const path = join(folder, 'log.csv');
      const checkpoint = { directory: join(folder, 'checkpoints') };
      await run([csvLogger(path)], { maxSteps, checkpoint });
      // A process that is killed between two checkpoints may have gone on.
      appendFileSync(path, '4,20,1,1,1,1,0.001\n5,2');
      await run([csvLogger(path)], { checkpoint, resume: true });
      expect(readFileSync(path, 'utf8'), `${maxSteps} steps`).toBe(readFileSync(whole, 'utf8'));
    }
  });

  test('appends the lines of another run, and resumes only that one', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'log.csv');
    const checkpoint = { directory: join(folder, 'checkpoints') };
    await run([csvLogger(path)]);
    const first = readFileSync(path, 'utf8');
    await run([csvLogger(path, { append: true })], { seed: 1, maxSteps: 7, checkpoint });
    await run([csvLogger(path, { append: true })], { seed: 1, checkpoint, resume: true });
    expect(readFileSync(path, 'utf8').startsWith(first)).toBe(true);
    expect(table(path).map(([epoch]) => epoch)).toEqual(['epoch', ...[1, 2, 3, 4, 1, 2, 3, 4].map(String)]);
    const others = run([csvLogger(path, { append: true })], { metrics: [] });
    await expect(others).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      received: expect.stringContaining('accuracy') as string,
    });
  });

  test('a run that is cut in its first epoch leaves the lines of another alone', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'log.csv');
    const checkpoint = { directory: join(folder, 'checkpoints'), everySteps: 2 };
    await run([csvLogger(path)]);
    const first = readFileSync(path, 'utf8');
    const enough = { onBatchEnd: ({ steps, stop }) => void (steps === 3 && stop()) } satisfies Callback;
    for (const callbacks of [[enough], []]) {
      await run([csvLogger(path, { append: true }), ...callbacks], { checkpoint, resume: true });
    }
    expect(readFileSync(path, 'utf8').startsWith(first)).toBe(true);
    expect(table(path).map(([epoch]) => epoch)).toEqual(['epoch', ...[1, 2, 3, 4, 1, 2, 3, 4].map(String)]);
  });

  test('a folder that is a file', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const error = await raised(() => run([csvLogger(join(file, 'log.csv'))]));
    expect(error).toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      place: file,
      received: expect.stringContaining('ENOTDIR') as string,
    });
  });
});

describe('modelCheckpoint', () => {
  test('saves the model of every epoch', async () => {
    const folder = temporaryFolder();
    const { weightsHashes } = await run([modelCheckpoint({ path: join(folder, 'model-{epoch}.safetensors') })]);
    const hashes = await Promise.all(
      [1, 2, 3, 4].map(async (epoch) => (await loadModel(join(folder, `model-${epoch}.safetensors`))).weightsHash()),
    );
    expect(hashes).toEqual(weightsHashes);
    expect(readdirSync(folder)).toHaveLength(4);
  });

  test.each([{ monitor: 'accuracy' }, {}, { monitor: 'loss', mode: 'max' as const }])(
    'saves the best only: %o',
    async (options) => {
      const path = join(temporaryFolder(), 'best.safetensors');
      const { metrics, weightsHashes } = await run([modelCheckpoint({ ...options, path, saveBestOnly: true })]);
      const values = metrics[options.monitor ?? 'valLoss'];
      const isMost = options.monitor === 'accuracy' || options.mode === 'max';
      const best = values.indexOf(isMost ? Math.max(...values) : Math.min(...values));
      expect((await loadModel(path)).weightsHash()).toBe(weightsHashes[best]);
    },
  );

  test('a run that resumes knows the best so far', async () => {
    const folder = temporaryFolder();
    const checkpoint = { directory: join(folder, 'checkpoints') };
    // The first epoch is the best by this measure; nothing after it may be saved.
    const create = (path: string): Callback =>
      modelCheckpoint({ path: join(folder, path), monitor: 'loss', mode: 'max', saveBestOnly: true });
    await run([create('first')], { checkpoint, maxSteps: SMALL_STEPS });
    await run([create('second')], { checkpoint, resume: true });
    expect(['first', 'second'].map((path) => existsSync(join(folder, path)))).toEqual([true, false]);
  });
});

testMistakes([
  { title: 'a table without a path', make: () => csvLogger(''), answer: option('csvLogger.path') },
  {
    title: 'a separator of two characters',
    make: () => csvLogger('a.csv', { separator: ', ' }),
    answer: option('csvLogger.separator', { advice: 'one character' }),
  },
  {
    title: 'a digit that separates',
    make: () => csvLogger('a.csv', { separator: '0' }),
    answer: option('csvLogger.separator'),
  },
  {
    title: 'a metric in a path',
    make: () => modelCheckpoint({ path: 'model-{valLoss}.safetensors' }),
    answer: option('modelCheckpoint.path', { advice: '{epoch}' }),
  },
  {
    title: 'a model file without a path',
    make: () => modelCheckpoint({} as ModelCheckpointOptions),
    answer: option('modelCheckpoint.path', { received: 'nothing' }),
  },
  {
    title: 'the best by a metric that is not there',
    make: () => run([modelCheckpoint({ path: 'a', monitor: 'valAuc', saveBestOnly: true })]),
    answer: option('modelCheckpoint.monitor', { received: 'valAuc' }),
  },
]);
