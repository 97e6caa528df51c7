import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { loadModel } from '@lockstep/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliFolder, linesOf } from './support/cli.ts';

let cli: CliFolder;
/** The events of a run of 6 epochs that was never interrupted. */
let uninterrupted: ReturnType<CliFolder['readEvents']>;
const SIX = ['--epochs', '6', '--checkpoint-every', '30'];

beforeAll(async () => {
  cli = new CliFolder();
  cli.writeConfig('digits.config.ts');
  await train(['--out', 'whole', ...SIX]);
  uninterrupted = cli.readEvents('whole');
});
afterAll(() => cli.remove());

/** Trains digits.config.ts; `events`: of standard output. */
async function train(args: readonly string[], config = 'digits.config.ts') {
  const ended = await cli.lockstep(['train', config, '--json', '--no-progress', ...args]);
  const events = linesOf(ended.stdout);
  return { ...ended, events, hash: events.at(-1)?.weightsHash as string | undefined };
}

/** A copy of the uninterrupted run, to be spoiled. */
function copyOf(name: string): string {
  cpSync(join(cli.path, 'whole'), join(cli.path, name), { recursive: true });
  return join(cli.path, name);
}

/** Which there are depends on how fast the disk is: one that is due while another is written waits. */
function checkpointsOf(run: string): { path: string; steps: number }[] {
  const folder = join(cli.path, run, 'checkpoints');
  const names = readdirSync(folder).toSorted();
  return names.map((name) => ({ path: join(folder, name), steps: Number(/\d+/.exec(name)?.[0]) }));
}

const epochsOf = (run: string) =>
  cli
    .readEvents(run)
    .filter(({ event }) => event === 'epoch')
    .map(({ epoch, steps, loss, weightsHash }) => ({ epoch, steps, loss, weightsHash }));

const wholeHash = (): string => uninterrupted.at(-1).weightsHash;

describe('kill -9', () => {
  it('the same command, started again and again with other workers, comes to the same weights', async () => {
    // Waits after a checkpoint for the signal that ends it, so that it cannot come to its end before.
    cli.writeConfig('killed.config.ts', {
      callbacks: "{ onCheckpoint() { if (process.env['MEETING']) meet(file(process.env['MEETING'])); } }",
    });
    const flags = ['--epochs', '40', '--checkpoint-every', '100'];
    const args = ['killed.config.ts', '--json', '--no-progress', '--out', 'killed', '--resume', ...flags];
    for (const workers of ['1', '2', '3']) {
      const once = ['train', ...args, '--workers', workers];
      const ended = await cli.lockstepUntil(once, '"event":"killing"', 'SIGKILL', { MEETING: 'killing' });
      expect(ended.signal).toBe('SIGKILL');
    }
    const { code, events, hash } = await train(['--out', 'killed', '--resume', ...flags], 'killed.config.ts');
    expect(code).toBe(0);
    expect(events[1]).toMatchObject({ event: 'resume', steps: expect.any(Number) });
    const reference = await train(['--out', 'never-killed', ...flags], 'killed.config.ts');
    expect(hash).toBe(reference.hash);
    expect(epochsOf('killed')).toEqual(epochsOf('never-killed'));
    expect(JSON.parse(cli.read('killed', 'manifest.json')).resumptions).toHaveLength(3);
  });
});

describe('--resume with a run directory', () => {
  it('keeps the flags that the run began with, and takes new ones', async () => {
    const begun = await train([
      '--out',
      'flags',
      '--max-steps',
      '40',
      '--seed',
      '5',
      '--set',
      'fit.optimizer.beta1=0.8',
    ]);
    expect(begun.events.at(-1)).toMatchObject({ status: 'completed', steps: 40 });
    const { code, events, hash } = await train([
      '--resume',
      'flags',
      '--epochs',
      '3',
      '--max-steps',
      '60',
      '--workers',
      '2',
    ]);
    expect({ code, last: events.at(-1) }).toMatchObject({ code: 0, last: { steps: 60, epochs: 3 } });
    const at = ['--seed', '5', '--set', 'fit.optimizer.beta1=0.8', '--epochs', '3', '--max-steps', '60'];
    expect(hash).toBe((await train(['--out', 'flags-at-once', ...at])).hash);
    const once = await train(['--resume', 'flags']);
    expect(once.events.at(-1)).toMatchObject({ wasComplete: true, steps: 60, weightsHash: hash });
    const { flags, resumptions } = JSON.parse(cli.read('flags', 'manifest.json'));
    expect(flags).toMatchObject({ maxSteps: 40, seed: 5 });
    expect(resumptions).toMatchObject([
      {
        flags: { maxSteps: 60, seed: 5, epochs: 3, workers: 2, set: [{ path: ['optimizer', 'beta1'], value: 0.8 }] },
        from: { file: 'checkpoints/checkpoint-000000000040.safetensors', epoch: 1, steps: 40 },
        workers: 2,
      },
    ]);
  });

  it('cuts metrics.jsonl back to what the checkpoint knows, a torn line included', async () => {
    const run = copyOf('cut');
    const [oldest, ...newer] = checkpointsOf('cut');
    for (const { path } of newer) rmSync(path);
    appendFileSync(join(run, 'metrics.jsonl'), '{"event":"epoch","epoch":7,"ste');
    writeFileSync(join(run, 'metrics.jsonl.0123456789ab.tmp'), 'left behind');
    const { code, events, hash } = await train(['--out', 'cut', '--resume', '--workers', '2']);
    expect(code).toBe(0);
    expect(events[1]).toMatchObject({ event: 'resume', steps: oldest.steps, workers: 2 });
    expect(hash).toBe(wholeHash());
    expect(epochsOf('cut')).toEqual(epochsOf('whole'));
    const inFile = cli.readEvents('cut');
    const steps = inFile.filter(({ event }) => event === 'checkpoint').map((event) => event.steps);
    expect(steps.filter((step) => step <= oldest.steps)).toContain(oldest.steps);
    expect(new Set(steps).size).toBe(steps.length);
    expect(inFile.filter(({ event }) => event === 'end')).toHaveLength(1);
    expect(readdirSync(run).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.each<[string, string[], string]>([
    ['all epochs', SIX, 'completion'],
    ['maxSteps in the middle of an epoch', ['--max-steps', '40'], 'completion'],
    ['a callback', ['--epochs', '50', '--learning-rate', '0.5'], 'callback'],
  ])('leaves a complete run as it is (%s), and reports the same hash', async (what, flags, stoppedBy) => {
    const run = `complete-${what.replaceAll(' ', '-')}`;
    cli.writeConfig('stops.config.ts', {
      callbacks: "earlyStopping({ monitor: 'loss', patience: 1, restoreBestWeights: true })",
    });
    const first = await train(['--out', run, ...flags], 'stops.config.ts');
    expect(first.events.at(-1)).toMatchObject({ status: 'completed', stoppedBy });
    const before = [cli.read(run, 'metrics.jsonl'), cli.read(run, 'manifest.json')];
    const again = await train(['--out', run, '--resume', '--workers', '2', ...flags], 'stops.config.ts');
    expect(again.code).toBe(0);
    expect(again.events.map(({ event }) => event).filter((event) => event !== 'checkpoint')).toEqual([
      ...['start', 'resume', 'end'],
    ]);
    const { weightsHash, epochs, test, steps } = first.events.at(-1);
    expect(again.events.at(-1)).toMatchObject({ wasComplete: true, weightsHash, epochs, test, steps });
    expect([cli.read(run, 'metrics.jsonl'), cli.read(run, 'manifest.json')]).toEqual(before);
  });

  it('skips a damaged checkpoint with a warning, and refuses when all are damaged', async () => {
    const run = copyOf('damaged');
    truncateSync(join(run, 'checkpoints', 'checkpoint-000000000138.safetensors'), 5000);
    const { code, stderr, hash } = await train(['--resume', 'damaged']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: A damaged checkpoint is skipped: .*checkpoint-000000000138/);
    expect(hash).toBe(wholeHash());

    const folder = join(run, 'checkpoints');
    for (const name of readdirSync(folder)) truncateSync(join(folder, name), 5000);
    const before = cli.read('damaged', 'metrics.jsonl');
    const refused = await train(['--resume', 'damaged']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/error: .*checkpoints: expected a whole checkpoint.*FILE_INVALID/);
    expect(cli.read('damaged', 'metrics.jsonl')).toBe(before);
  });

  it('goes on without checkpoints of its own', async () => {
    const run = copyOf('none');
    const { code, hash } = await train(['--resume', 'none', '--no-checkpoint', '--epochs', '7']);
    expect(code).toBe(0);
    expect(hash).toBe((await train(['--out', 'seven', '--epochs', '7'])).hash);
    expect(readdirSync(join(run, 'checkpoints'))).not.toContain('checkpoint-000000000161.safetensors');
  });

  it('refuses another configuration, and says what differs', async () => {
    copyOf('other');
    const before = cli.read('other', 'metrics.jsonl');
    const { code, stderr } = await train(['--resume', 'other', '--epochs', '9', '--learning-rate', '0.5']);
    expect(stderr).toMatch(
      /fit\.optimizer\.learningRate is 0\.001 in the checkpoint and 0\.5 now.*CHECKPOINT_MISMATCH/,
    );
    expect(code).toBe(1);
    expect(cli.read('other', 'metrics.jsonl')).toBe(before);
  });
});

describe('--resume with a checkpoint', () => {
  it('begins a new run directory that knows the epochs before', async () => {
    const [{ path: file, steps }] = checkpointsOf('whole');
    const { code, events, hash } = await train([
      '--resume',
      file,
      '--out',
      'branch',
      '--epochs',
      '6',
      '--workers',
      '2',
    ]);
    expect(code).toBe(0);
    expect(events[1]).toMatchObject({ event: 'resume', from: file, steps });
    expect(hash).toBe(wholeHash());
    expect(epochsOf('branch')).toEqual(epochsOf('whole'));
    expect(JSON.parse(cli.read('branch', 'manifest.json'))).toMatchObject({
      from: { file, steps },
      resumptions: [],
    });
  });
});

describe('--resume with --out', () => {
  it('begins where a run was killed before it began', async () => {
    const { code } = await train(['--out', 'early', '--max-steps', '1']);
    expect(code).toBe(0);
    for (const name of readdirSync(join(cli.path, 'early'))) {
      if (name !== 'checkpoints') rmSync(join(cli.path, 'early', name));
    }
    rmSync(join(cli.path, 'early', 'checkpoints', 'checkpoint-000000000001.safetensors'));
    writeFileSync(join(cli.path, 'early', 'manifest.json.0123456789ab.tmp'), '{');
    expect((await train(['--out', 'early', '--resume', ...SIX])).hash).toBe(wholeHash());
  });

  it('--max-time ends the run with a checkpoint, and --resume brings it to its end', async () => {
    const flags = ['--epochs', '1000000', '--max-time', '0.2'];
    const { code, stdout } = await cli.lockstep([
      'train',
      'digits.config.ts',
      '--no-progress',
      '--out',
      'timed',
      ...flags,
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^stopped +because its time was over, after \d+ whole epochs$/m);
    expect(stdout).toMatch(/^to go on +lockstep train digits\.config\.ts --resume timed$/m);
    const last = cli.readEvents('timed').at(-1);
    expect(last).toMatchObject({ status: 'stopped', stoppedBy: 'maxTime' });
    const epochs = `${Math.ceil(last.steps / 23) + 1}`;
    const { hash } = await train(['--resume', 'timed', '--epochs', epochs]);
    expect(hash).toBe((await train(['--out', 'untimed', '--epochs', epochs])).hash);
  });
});

describe('what cannot be resumed', () => {
  it.each<[string, string[], RegExp]>([
    ['nothing', ['--resume', 'nowhere'], /--resume nowhere: expected a run directory or a checkpoint.*FILE_NOT_FOUND/],
    ['no run', ['--resume', '.'], /--resume \.: expected the directory of a run.*FILE_NOT_FOUND/],
    ['the folder in a run', ['--resume', 'whole/checkpoints'], /Name the run's directory: whole\./],
    ['a model', ['--resume', 'whole/model.safetensors'], /expected a checkpoint.*received a model/],
    ['--resume by itself', ['--resume'], /--resume: expected a run directory.*--out DIR --resume/],
    ['two directories', ['--out', 'elsewhere', '--resume', 'whole'], /--resume FILE --out DIR/],
    ['an occupied directory', ['--out', 'node_modules', '--resume'], /--out .*expected a directory that is empty/],
    [
      'a directory of checkpoints',
      ['--set', 'fit.checkpoint.directory="here"'],
      /fit\.checkpoint\.directory: expected no such/,
    ],
    ['checkpoints that are none', ['--set', 'fit.checkpoint=true'], /fit\.checkpoint: expected false, or an object/],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await train(args);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});

describe('a disk that takes no more', () => {
  it('ends the run with a message, and leaves the last good checkpoint', async () => {
    const run = copyOf('full');
    const args = ['train', 'digits.config.ts', '--no-progress', '--resume', 'full', '--epochs', '8'];
    const env = { NODE_DISABLE_COMPILE_CACHE: '1' };
    const { code, stderr } = await cli.lockstep(args, { largestFile: 16 * 1024, env });
    expect(stderr).toMatch(
      /^error: .*checkpoint-\d+\.safetensors: expected a path that can be written.*FILE_NOT_WRITTEN\]$/m,
    );
    expect(stderr).toMatch(/^to go on from the last checkpoint: lockstep train digits\.config\.ts --resume full$/m);
    expect(code).toBe(1);
    expect(cli.readEvents('full').at(-1)).toMatchObject({
      event: 'end',
      status: 'failed',
      stoppedBy: 'FILE_NOT_WRITTEN',
    });
    const good = join(run, 'checkpoints', 'checkpoint-000000000138.safetensors');
    expect((await loadModel(good)).weightsHash()).toBe(wholeHash());
    const { hash } = await train(['--resume', 'full', '--epochs', '8']);
    expect(hash).toBe((await train(['--out', 'eight', '--epochs', '8'])).hash);
  });

  it.each(['/proc/nothing/run', 'digits.config.ts/run'])('%s: exit code 1 and a message', async (out) => {
    const { code, stdout, stderr } = await train(['--out', out]);
    expect(stderr).toMatch(/^error: .*run.*FILE_NOT_WRITTEN\]\n/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});

describe('a thread that is replaced', () => {
  const FAULT = ['--workers', '2', '--set', 'fit.faults=[{"thread":1,"step":3,"action":"exit"}]'];

  it('is told in a line of the text report, and counted at the end', async () => {
    const { code, stdout, stderr } = await cli.lockstep(['train', 'digits.config.ts', '--out', 'replaced', ...FAULT]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^worker 1 was replaced: it broke at step 4.*; steps went on after .*$/m);
    expect(stderr).not.toContain('LOCKSTEP_THREAD_REPLACED');
    expect(stdout).toMatch(/^restarts +1 thread$/m);
    const hash = /SHA-256 ([0-9a-f]{64})/.exec(stdout)?.[1];
    expect(hash).toBe((await train(['--out', 'not-replaced'])).hash);
  });

  it('is an event with --json and in metrics.jsonl', async () => {
    const { events, stderr } = await train(['--out', 'replaced-json', ...FAULT]);
    const isRestart = ({ event }: { event: string }): boolean => event === 'restart';
    expect(events.filter(isRestart)).toMatchObject([{ thread: 'worker 1', seconds: expect.any(Number) }]);
    expect(cli.readEvents('replaced-json').filter(isRestart)).toEqual(events.filter(isRestart));
    expect(stderr).toBe('');
  });
});

it('copies the config file and hashes it, as it was when the run began', async () => {
  cli.writeConfig('changes.config.ts');
  await train(['--out', 'changes'], 'changes.config.ts');
  const before = readFileSync(join(cli.path, 'changes.config.ts'), 'utf8');
  appendFileSync(join(cli.path, 'changes.config.ts'), '// changed\n');
  await train(['--resume', 'changes', '--epochs', '3'], 'changes.config.ts');
  expect(cli.read('changes', 'changes.config.ts')).toBe(before);
  const { config, resumptions } = JSON.parse(cli.read('changes', 'manifest.json'));
  expect(resumptions[0].config.sha256).not.toBe(config.sha256);
  expect(existsSync(join(cli.path, 'changes', 'metrics.jsonl'))).toBe(true);
});
