import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  adam,
  type FitOptions,
  type History,
  LockstepError,
  sequential,
  dense,
  sgd,
  topKAccuracy,
} from '@lockstep/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkpointSteps, newestCheckpoint, temporaryFolder } from './support/folder.ts';
import {
  ADAM_CLIPPED,
  part,
  resultOf,
  SMALL_STEPS,
  smallDataset,
  smallModel,
  uninterrupted,
} from './support/resumeRun.ts';
import { catchWarnings } from './support/warnings.ts';

/** What a run goes on from, what it refuses to go on from, and what it says then. */
const takeWarnings = catchWarnings('LOCKSTEP_IDLE_CORES');

async function refusal(run: Promise<unknown>): Promise<LockstepError> {
  const error: unknown = await run.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LockstepError);
  return error as LockstepError;
}

/** A folder with the checkpoints of a run that was stopped after seven steps; those after steps 2, 4, 6 and 7. */
async function interrupted(): Promise<string> {
  const directory = temporaryFolder();
  for (const maxSteps of [2, 4, 5, 7]) {
    await part(ADAM_CLIPPED, directory, {
      maxSteps,
      resume: true,
      workers: 1,
      checkpoint: { directory, keepLast: 10 },
    });
  }
  expect(checkpointSteps(directory)).toEqual([2, 4, 5, 7]);
  return directory;
}

const resume = (directory: string, more: Partial<FitOptions> = {}): Promise<History> =>
  part(ADAM_CLIPPED, directory, { resume: true, workers: 1, ...more });

describe('what is there to go on from', () => {
  test('nothing: it begins, in a folder that it makes', async () => {
    const directory = join(temporaryFolder(), 'runs', 'first');
    const history = await resume(directory);
    expect(history.resumedFrom).toBeNull();
    expect(resultOf(history)).toEqual(resultOf(await uninterrupted(ADAM_CLIPPED, 2)));
  });

  test.each([
    { way: 'a file', from: (directory: string) => newestCheckpoint(directory) },
    { way: 'a folder', from: (directory: string) => directory },
  ])('$way by its path, whose checkpoints go elsewhere or nowhere', async ({ from }) => {
    const directory = await interrupted();
    const elsewhere = temporaryFolder();
    const path = from(directory);
    const expected = resultOf(await uninterrupted(ADAM_CLIPPED, 2));
    const history = await part(ADAM_CLIPPED, elsewhere, { resume: path, workers: 1 });
    expect(resultOf(history)).toEqual(expected);
    expect(history.resumedFrom).toBe(newestCheckpoint(directory));
    expect(checkpointSteps(elsewhere)).toEqual([2 * SMALL_STEPS]);
    const { checkpoint: _, ...options } = { ...ADAM_CLIPPED.options, checkpoint: null };
    const without = await smallModel().fit(smallDataset(), { ...options, resume: path, workers: 1 });
    expect(resultOf(without)).toEqual(expected);
    expect(without.checkpoints).toMatchObject({ written: 0, last: null });
    expect(checkpointSteps(directory)).toEqual([2, 4, 5, 7]);
  });

  test('an older one by its path, copied to another place', async () => {
    const directory = await interrupted();
    const copy = join(temporaryFolder(), 'copy.safetensors');
    copyFileSync(join(directory, 'checkpoint-000000000004.safetensors'), copy);
    const history = await part(ADAM_CLIPPED, temporaryFolder(), { resume: copy, workers: 1 });
    expect(history.resumedFrom).toBe(copy);
    expect(resultOf(history)).toEqual(resultOf(await uninterrupted(ADAM_CLIPPED, 2)));
  });
});

describe('a folder that is only read', () => {
  test('may be on a disk that takes nothing', async ({ skip }) => {
    const directory = temporaryFolder();
    const mount = (...options: string[]): boolean => spawnSync('mount', [...options, directory]).status === 0;
    skip(!mount('-t', 'tmpfs', 'tmpfs'), 'Mounting a tmpfs is not permitted.');
    onTestFinished(() => void spawnSync('umount', [directory]));
    await part(ADAM_CLIPPED, directory, { maxSteps: 4, workers: 1 });
    expect(mount('-o', 'remount,ro')).toBe(true);
    const history = await part(ADAM_CLIPPED, temporaryFolder(), { resume: directory, workers: 1 });
    expect(resultOf(history)).toEqual(resultOf(await uninterrupted(ADAM_CLIPPED, 2)));
  });

  test('keeps all of its files: another run may be writing there', async () => {
    const directory = await interrupted();
    const half = join(directory, 'checkpoint-000000000008.safetensors.0123456789ab.tmp');
    writeFileSync(half, 'half');
    await part(ADAM_CLIPPED, temporaryFolder(), { resume: directory, workers: 1 });
    expect(readFileSync(half, 'utf8')).toBe('half');
  });
});

describe('damaged checkpoints', () => {
  const damages = {
    truncated: (path: string): void => truncateSync(path, 700),
    empty: (path: string): void => truncateSync(path, 0),
    'with one bit flipped': (path: string): void => {
      const bytes = readFileSync(path);
      bytes[bytes.length - 5] ^= 1;
      writeFileSync(path, bytes);
    },
  };

  test.each(Object.entries(damages))('%s: the one before is taken, with a warning', async (_, damage) => {
    const directory = await interrupted();
    const torn = newestCheckpoint(directory);
    damage(torn);
    const history = await resume(directory);
    expect(history.resumedFrom).toBe(join(directory, 'checkpoint-000000000005.safetensors'));
    expect(resultOf(history)).toEqual(resultOf(await uninterrupted(ADAM_CLIPPED, 2)));
    const warnings = await takeWarnings();
    expect(warnings).toMatchObject([{ code: 'LOCKSTEP_CHECKPOINT_SKIPPED', detail: torn }]);
    expect(warnings[0].message).toContain(torn);
  });

  test('all of them: it is refused, for what is left of them would be lost', async () => {
    const directory = await interrupted();
    for (const steps of [2, 4, 5, 7]) truncateSync(join(directory, `checkpoint-00000000000${steps}.safetensors`), 500);
    const error = await refusal(resume(directory));
    expect(error).toMatchObject({ code: 'FILE_INVALID', place: directory });
    expect(error.received).toContain('4');
    expect(checkpointSteps(directory)).toEqual([2, 4, 5, 7]);
    expect((await takeWarnings()).map(({ code }) => code)).toEqual(
      Array.from({ length: 4 }, () => 'LOCKSTEP_CHECKPOINT_SKIPPED'),
    );
  });

  test('by its path: it is refused', async () => {
    const path = newestCheckpoint(await interrupted());
    truncateSync(path, 700);
    const error = await refusal(part(ADAM_CLIPPED, temporaryFolder(), { resume: path }));
    expect(error.code).toBe('FILE_INVALID');
    expect(error.place).toContain(path);
  });
});

describe('a run of something else is refused, with what differs', () => {
  const cases: readonly {
    readonly what: string;
    readonly differs: string;
    readonly run: Partial<typeof ADAM_CLIPPED>;
  }[] = [
    { what: 'another seed of the model', differs: 'model.seed', run: { model: () => smallModel(4) } },
    {
      what: 'a wider layer',
      differs: 'model.layers[0].units is 9 in the checkpoint and 10 now',
      run: {
        model: () =>
          sequential([dense(10, { activation: 'relu' }), dense(3, { activation: 'softmax' })], {
            inputShape: [6],
            seed: 3,
          }),
      },
    },
    { what: 'other data', differs: 'data.fingerprint', run: { dataset: async () => smallDataset(70, 2) } },
    {
      what: 'more data',
      differs: 'data.rows is 70 in the checkpoint and 80 now',
      run: { dataset: async () => smallDataset(80) },
    },
    ...(
      [
        ['another optimizer', 'fit.optimizer.kind', { optimizer: sgd() }],
        ['another learning rate', 'fit.optimizer.learningRate', { optimizer: adam({ learningRate: 0.03 }) }],
        ['another batch size', 'fit.batchSize is 16 in the checkpoint and 32 now', { batchSize: 32 }],
        ['other shards', 'fit.shards', { shards: 2 }],
        ['another seed of the shuffle', 'fit.seed is 8 in the checkpoint and 9 now', { seed: 9 }],
        ['another order', 'fit.shuffle is true in the checkpoint and false now', { shuffle: false }],
        ['other groups', 'fit.accumulateGradBatches is 3 in the checkpoint and 2 now', { accumulateGradBatches: 2 }],
        ['another norm', 'fit.gradientClipNorm is 0.2 in the checkpoint and 0.3 now', { gradientClipNorm: 0.3 }],
        ['weights of classes', 'fit.classWeights', { classWeights: { 1: 2 } }],
        ['another metric', 'fit.metrics', { metrics: [topKAccuracy({ k: 2 })] }],
        ['no accuracy', 'fit.metrics', { metrics: [] }],
        ['other validation data', 'validation.fingerprint', { validation: smallDataset(40, 6) }],
      ] as const
    ).map(([what, differs, options]) => ({ what, differs, run: { options: { ...ADAM_CLIPPED.options, ...options } } })),
  ];

  test.each(cases)('$what', async ({ differs, run }) => {
    const directory = await interrupted();
    const other = { ...ADAM_CLIPPED, ...run };
    const model = other.model();
    const before = model.weightsHash();
    const attempt = model.fit(await other.dataset(), {
      ...other.options,
      checkpoint: { directory },
      resume: true,
      workers: 1,
    });
    const error = await refusal(attempt);
    expect(error).toMatchObject({ code: 'CHECKPOINT_MISMATCH', place: newestCheckpoint(directory) });
    expect(error.received).toContain(differs);
    expect(model.weightsHash()).toBe(before);
    expect(checkpointSteps(directory)).toEqual([2, 4, 5, 7]);
    // The run itself still goes on.
    expect(resultOf(await resume(directory))).toEqual(resultOf(await uninterrupted(ADAM_CLIPPED, 2)));
  });

  test('without validation data', async () => {
    const directory = await interrupted();
    const { validation: _, ...options } = ADAM_CLIPPED.options;
    const error = await refusal(part({ ...ADAM_CLIPPED, options }, directory, { resume: true }));
    expect(error.code).toBe('CHECKPOINT_MISMATCH');
    expect(error.received).toMatch(/validation is .* in the checkpoint and null now/);
  });
});

describe('a folder', () => {
  test('with the checkpoints of a run is not for another that begins', async () => {
    const directory = await interrupted();
    const error = await refusal(part(ADAM_CLIPPED, directory, { workers: 1 }));
    expect(error).toMatchObject({ code: 'INVALID_OPTION', place: 'fit.checkpoint.directory' });
    expect(error.expected).toContain('resume: true');
    expect(checkpointSteps(directory)).toEqual([2, 4, 5, 7]);
  });

  test.each([
    { title: 'that does not exist', path: (folder: string) => join(folder, 'none'), code: 'FILE_NOT_FOUND' },
    { title: 'without checkpoints', path: (folder: string) => folder, code: 'FILE_NOT_FOUND' },
  ])('$title has nothing to resume from', async ({ path, code }) => {
    const error = await refusal(part(ADAM_CLIPPED, temporaryFolder(), { resume: path(temporaryFolder()), workers: 1 }));
    expect(error.code).toBe(code);
  });
});
