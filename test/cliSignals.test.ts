import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel } from '@lockstep/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliFolder, linesOf } from './support/cli.ts';

let cli: CliFolder;
/** SHA-256 of the weights of runs that were never interrupted, by arguments. */
const references = new Map<string, Promise<string>>();

beforeAll(() => {
  cli = new CliFolder();
});
afterAll(() => cli.remove());

function reference(config: string, flags: readonly string[]): Promise<string> {
  const key = [config, ...flags].join(' ');
  const known = references.get(key) ?? uninterrupted(config, flags, `reference${references.size}`);
  references.set(key, known);
  return known;
}

async function uninterrupted(config: string, flags: readonly string[], out: string): Promise<string> {
  const { code, stdout, stderr } = await cli.lockstep([
    'train',
    config,
    '--json',
    '--no-progress',
    '--out',
    out,
    ...flags,
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return linesOf(stdout).at(-1).weightsHash;
}

/** Resumes a run that was stopped by a signal, with another number of workers, and returns the hash at its end. */
async function goOn(config: string, run: string, flags: readonly string[]): Promise<string> {
  const args = ['train', config, '--json', '--no-progress', '--resume', run, ...flags];
  const { code, stdout, stderr } = await cli.lockstep(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const events = linesOf(stdout);
  expect(events.map(({ event }) => event)).toContain('resume');
  expect(events.at(-1)).toMatchObject({ event: 'end', status: 'completed' });
  return events.at(-1).weightsHash;
}

/** That a run which a signal stopped has left a checkpoint and a model of its last step, and says so. */
async function expectStopped(run: string, stdout: string, signal: string): Promise<{ steps: number; epochs: number }> {
  const end = linesOf(stdout).at(-1);
  expect(end).toMatchObject({ event: 'end', status: 'interrupted', stoppedBy: signal, signal });
  expect(cli.readEvents(run).at(-1)).toMatchObject({
    event: 'end',
    status: 'interrupted',
    weightsHash: end.weightsHash,
  });
  const name = `checkpoint-${String(end.steps).padStart(12, '0')}.safetensors`;
  for (const file of ['model.safetensors', join('checkpoints', name)]) {
    expect((await loadModel(join(cli.path, run, file))).weightsHash()).toBe(end.weightsHash);
  }
  expect(end.resume).toMatch(new RegExp(`^lockstep train .* --resume ${run}$`));
  return end;
}

describe('a signal', () => {
  it('while it starts: nothing is written, and the same command begins', async () => {
    cli.writeConfig('loading.config.ts', { body: "meet(file('loading'));" });
    const args = ['train', 'loading.config.ts', '--json', '--no-progress', '--out', 'starting', '--resume'];
    const stopped = await cli.lockstepAtMeeting(args, 'loading', 'SIGTERM', 'main thread');
    expect(stopped.stderr).toMatch(
      /SIGTERM: stopping.*\nstopped by SIGTERM before the first step: nothing was written/,
    );
    expect(stopped.code).toBe(143);
    expect(existsSync(join(cli.path, 'starting'))).toBe(false);

    const { code, stdout } = await cli.lockstep([...args, '--workers', '2']);
    expect(code).toBe(0);
    expect(linesOf(stdout).at(-1).weightsHash).toBe(await reference('loading.config.ts', []));
  });

  it.each([
    ['SIGINT', '1', '3', 130],
    ['SIGTERM', '2', '1', 143],
  ] as const)('%s between steps, with %s workers, goes on with %s', async (signal, workers, others, expected) => {
    cli.writeConfig('steps.config.ts');
    const run = `steps${workers}`;
    const args = ['train', 'steps.config.ts', '--json', '--epochs', '1000000', '--workers', workers, '--out', run];
    const { code, stdout } = await cli.lockstepUntil(args, '"epoch":2', signal);
    expect(code).toBe(expected);
    const { epochs } = await expectStopped(run, stdout, signal);
    const flags = ['--epochs', `${epochs + 2}`];
    expect(await goOn('steps.config.ts', run, [...flags, '--workers', others])).toBe(
      await reference('steps.config.ts', flags),
    );
  });

  it('while it evaluates: goes on with the evaluation', async () => {
    // So many rows that some of them have been evaluated when the loader, which is ahead, comes to the meeting.
    cli.writeConfig('evaluating.config.ts', { members: "validation: meetingDataset(file('evaluating'), 6400, 5000)," });
    const args = ['train', 'evaluating.config.ts', '--json', '--workers', '2', '--out', 'evaluating-run'];
    const { code, stdout } = await cli.lockstepAtMeeting(args, 'evaluating', 'SIGINT', 'loader');
    expect(code).toBe(130);
    expect(await expectStopped('evaluating-run', stdout, 'SIGINT')).toMatchObject({ epochs: 0, steps: 23 });
    expect(await goOn('evaluating.config.ts', 'evaluating-run', ['--workers', '1'])).toBe(
      await reference('evaluating.config.ts', []),
    );
    const epochs = cli.readEvents('evaluating-run').filter(({ event }) => event === 'epoch');
    const whole = cli.readEvents(`reference${[...references.keys()].indexOf('evaluating.config.ts')}`);
    expect(epochs.map(({ valLoss }) => valLoss)).toEqual(
      whole.filter(({ event }) => event === 'epoch').map(({ valLoss }) => valLoss),
    );
  });

  it('while it writes a checkpoint: that one is finished, and another follows', async () => {
    // `saveState` is called when a checkpoint is taken; it is written afterwards.
    const callbacks =
      "{ name: 'meeting', onEpochEnd() {}, saveState() { meet(file('saving')); return { json: null }; } }";
    cli.writeConfig('saving.config.ts', { callbacks });
    const flags = ['--epochs', '500'];
    const args = ['train', 'saving.config.ts', '--json', ...flags, '--checkpoint-every', '10', '--out', 'saving-run'];
    const { code, stdout } = await cli.lockstepAtMeeting(args, 'saving', 'SIGINT', 'main thread');
    expect(code).toBe(130);
    const { steps } = await expectStopped('saving-run', stdout, 'SIGINT');
    const checkpoints = linesOf(stdout).filter(({ event }) => event === 'checkpoint');
    expect(checkpoints[0]).toMatchObject({ steps: 10 });
    expect(checkpoints.at(-1)).toMatchObject({ steps });
    expect(readdirSync(join(cli.path, 'saving-run', 'checkpoints')).filter((name) => name.endsWith('.tmp'))).toEqual(
      [],
    );
    expect(await goOn('saving.config.ts', 'saving-run', ['--workers', '2'])).toBe(
      await reference('saving.config.ts', flags),
    );
  });

  it('while a step hangs: gives it up, and goes on from the checkpoint before it', async () => {
    // Progress is told of while nothing moves; 79 batches are there. One checkpoint: a second one that is due while the first is
    // still being written would be taken at step 79, and then be what is left of the run.
    const stalled = `{ onProgress({ step }) { if (step === 79) console.log('{"event":"stalled"}'); } }`;
    cli.writeConfig('hanging.config.ts', {
      members: "data: meetingDataset(file('hanging'), 6400, 79 * 64),",
      callbacks: stalled,
    });
    const args = ['train', 'hanging.config.ts', '--json', '--checkpoint-every', '50', '--out', 'hanging-run'];
    const ended = await cli.lockstepUntil([...args, '--workers', '2'], '"event":"stalled"', 'SIGINT');
    expect(ended.stderr).toContain('the step in progress did not come to its end: the model is not saved');
    expect(ended.code).toBe(130);
    expect(linesOf(ended.stdout).at(-1)).toMatchObject({ status: 'interrupted', steps: null, weightsHash: null });
    expect(existsSync(join(cli.path, 'hanging-run', 'model.safetensors'))).toBe(false);
    writeFileSync(join(cli.path, 'hanging'), '');
    expect(await goOn('hanging.config.ts', 'hanging-run', ['--workers', '1'])).toBe(
      await reference('hanging.config.ts', []),
    );
  });

  it('while the test is evaluated: ends at once, with the model saved', async () => {
    cli.writeConfig('testing.config.ts', {
      body: "const test = meetingDataset(file('testing'), 640, 320);",
      members: 'test,',
    });
    const args = ['train', 'testing.config.ts', '--json', '--workers', '2', '--out', 'testing-run'];
    const { code, stderr } = await cli.lockstepAtMeeting(args, 'testing', 'SIGINT', 'loader');
    expect(stderr).toMatch(/SIGINT: the model is saved in .*; the test is left out/);
    expect(code).toBe(130);
    const hash = await goOn('testing.config.ts', 'testing-run', ['--workers', '1']);
    expect(hash).toBe(await reference('testing.config.ts', []));
    expect((await loadModel(join(cli.path, 'testing-run', 'model.safetensors'))).weightsHash()).toBe(hash);
    expect(cli.readEvents('testing-run').at(-1)).toMatchObject({ test: { accuracy: expect.any(Number) } });
  });
});
