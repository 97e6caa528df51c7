import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Callback, LockstepError } from '@lockstep/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { countInSummary } from '../support/soak.ts';
import { DataFile, SmallDisk, trainDigits, tryRun } from '../support/soakDisk.ts';

/** With a checkpoint due every third of the 276 steps. */
const EVERY_STEPS = 3;
const data = new DataFile();
let expected: { readonly weightsHash: string; readonly weightsHashes: readonly string[] };

beforeAll(async () => {
  expected = resultOf(await trainDigits(data, { workers: 1 }));
});

afterEach(() => data.restore());
afterAll(() => rmSync(data.folder, { recursive: true }));

function resultOf({ weightsHash, weightsHashes }: typeof expected): typeof expected {
  return { weightsHash, weightsHashes };
}

async function failureOf(run: Promise<unknown>): Promise<LockstepError> {
  const error: unknown = await run.then(
    () => new Error('the run ended well'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof LockstepError)) throw error;
  return error;
}

/**
 * Does something when the `count`th checkpoint is on the disk, and no other is being written. So that there are so many
 * before the run ends, which may take milliseconds, epochs wait for one each.
 */
function afterCheckpoint(count: number, work: () => void): Callback {
  let written = 0;
  return {
    onCheckpoint() {
      if (++written === count) work();
    },
    onEpochEnd: ({ epoch }) => until(() => written >= Math.min(epoch - 1, count)),
  };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

const temporaries = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.tmp'));
const checkpoints = (folder: string): string[] =>
  readdirSync(folder).filter((name) => /^checkpoint-\d{12}\.safetensors$/.test(name));

describe('a disk of 1 MiB', () => {
  let disk: SmallDisk;
  const checkpoint = (onError: 'stop' | 'continue'): { directory: string } & Record<string, unknown> => ({
    ...{ directory: disk.folder, everySteps: EVERY_STEPS, keepLast: 2, onError },
  });

  beforeEach(({ skip }) => {
    disk = new SmallDisk('1m');
    if (disk.mounted) return;
    countInSummary('Disk: SKIPPED, as this user may not mount a tmpfs', {});
    skip('this user may not mount a tmpfs');
  });
  afterEach(() => disk.remove());

  test.each([1, 2])(
    'that fills up ends the run with advice, and the last whole checkpoint goes on, %i workers',
    async (workers) => {
      const callbacks = [afterCheckpoint(4, () => disk.fill())];
      const error = await failureOf(trainDigits(data, { workers, checkpoint: checkpoint('stop'), callbacks }));
      expect(error).toMatchObject({ code: 'FILE_NOT_WRITTEN', advice: expect.stringContaining('free some space') });
      expect(error.received).toContain('ENOSPC');
      expect(error.place).toContain(disk.folder);
      expect(temporaries(disk.folder)).toEqual([]);
      expect(checkpoints(disk.folder).length).toBeGreaterThan(0);

      disk.makeSpace();
      const resumed = await trainDigits(data, { workers: 3 - workers, checkpoint: checkpoint('stop'), resume: true });
      expect(resumed.resumedFrom).toContain('checkpoint-');
      expect(resultOf(resumed)).toEqual(expected);
      countInSummary('Disk: full, stopped and resumed', { workers });
    },
  );

  test.each([1, 2])(
    'that fills up need not end the run, and the next one is written when there is space, %i workers',
    async (workers) => {
      const written: number[] = [];
      let failures = 0;
      let writtenBefore = 0;
      const onWarning = (warning: Error & { code?: string }): void => {
        if (warning.code !== 'LOCKSTEP_CHECKPOINT_FAILED' || ++failures !== 2) return;
        writtenBefore = written.length;
        disk.makeSpace();
      };
      process.on('warning', onWarning);
      const callbacks = [
        afterCheckpoint(3, () => disk.fill()),
        {
          onCheckpoint: ({ steps }: { steps: number }) => void written.push(steps),
          onEpochEnd: ({ epoch }: { epoch: number }) => until(() => written.length + failures >= epoch - 1),
        },
      ];
      const history = await trainDigits(data, { workers, checkpoint: checkpoint('continue'), callbacks });
      process.off('warning', onWarning);
      expect(resultOf(history)).toEqual(expected);
      expect(history.checkpoints.failed).toBe(failures);
      expect(failures).toBeGreaterThanOrEqual(2);
      expect(writtenBefore).toBe(3);
      expect(written.length).toBeGreaterThan(3);
      expect(history.checkpoints.written).toBe(written.length);
      // The last one of all is of the last step.
      expect(written.at(-1)).toBe(276);
      expect(checkpoints(disk.folder).length).toBe(2);
      expect(temporaries(disk.folder)).toEqual([]);
      countInSummary('Disk: full, continued', { workers, failed: failures, written: written.length });
    },
  );

  test('that becomes read-only ends the run with advice', async () => {
    const callbacks = [afterCheckpoint(3, () => disk.remount('ro'))];
    const error = await failureOf(trainDigits(data, { checkpoint: checkpoint('stop'), callbacks }));
    expect(error).toMatchObject({ code: 'FILE_NOT_WRITTEN', advice: expect.stringContaining('read-only') });
    // And a run that is started there says so before its first step.
    const atOnce = await failureOf(trainDigits(data, { checkpoint: checkpoint('stop'), resume: true }));
    expect(atOnce).toMatchObject({ code: 'FILE_NOT_WRITTEN', advice: expect.stringContaining('read-only') });
    disk.remount('rw');
    expect(resultOf(await trainDigits(data, { checkpoint: checkpoint('stop'), resume: true }))).toEqual(expected);
    countInSummary('Disk: read-only, stopped and resumed', {});
  });
});

test('a folder that nobody may change is refused before the first step', async ({ skip }) => {
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-immutable-'));
  const immutable = tryRun('chattr', '+i', directory);
  if (!immutable) countInSummary('Disk: SKIPPED, as this user may not make a folder immutable', {});
  skip(!immutable, 'this user may not make a folder immutable');
  let steps = 0;
  const callbacks = [{ onTrainBegin: () => void steps++ }];
  const error = await failureOf(trainDigits(data, { checkpoint: { directory }, callbacks })).finally(() => {
    tryRun('chattr', '-i', directory);
    rmSync(directory, { recursive: true });
  });
  expect(error).toMatchObject({ code: 'FILE_NOT_WRITTEN', place: directory });
  expect(steps).toBe(0);
});

describe('a data file', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lockstep-run-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const checkpoint = (): { directory: string; everySteps: number } => ({ directory, everySteps: EVERY_STEPS });

  async function goesOnWhenItIsBack(): Promise<void> {
    expect(checkpoints(directory).length).toBeGreaterThan(0);
    data.restore();
    const resumed = await trainDigits(data, { workers: 1, checkpoint: checkpoint(), resume: true });
    expect(resumed.resumedFrom).toContain('checkpoint-');
    expect(resultOf(resumed)).toEqual(expected);
  }

  test.each([1, 2])('that shrinks ends the run, which goes on when it is back, %i workers', async (workers) => {
    const callbacks = [afterCheckpoint(2, () => truncateSync(data.path, 20_000))];
    const error = await failureOf(trainDigits(data, { workers, checkpoint: checkpoint(), callbacks }));
    expect(error.code).toBe('FILE_CHANGED');
    expect(error.place).toContain('digits.arrow');
    await goesOnWhenItIsBack();
    countInSummary('Disk: data that shrinks', { workers });
  });

  test('that vanishes is still open: the run ends well', async () => {
    const callbacks = [afterCheckpoint(2, () => rmSync(data.path))];
    expect(resultOf(await trainDigits(data, { checkpoint: checkpoint(), callbacks }))).toEqual(expected);
  });

  test('that vanishes before a new loader opens it ends the run, which goes on when it is back', async () => {
    const callbacks = [afterCheckpoint(2, () => rmSync(data.path))];
    const faults = [{ thread: 'loader', step: 150, action: 'exit' } as const];
    const error = await failureOf(trainDigits(data, { checkpoint: checkpoint(), callbacks, faults }));
    expect(error.code).toBe('FILE_CHANGED');
    await goesOnWhenItIsBack();
    countInSummary('Disk: data that vanishes', {});
  });
});
