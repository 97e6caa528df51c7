import { cpSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel, readCheckpoint } from '@lockstep/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliFolder } from './support/cli.ts';

let cli: CliFolder;

beforeAll(async () => {
  cli = new CliFolder();
  cli.writeConfig('digits.config.ts');
  // A checkpoint after every epoch but the last, and that at the end: all stay.
  const kept = ['--set', 'fit.checkpoint.keepLast=100'];
  await train(['--epochs', '5', '--checkpoint-every', '23', ...kept, '--workers', '2', '--out', 'whole']);
});
afterAll(() => cli.remove());

async function train(args: readonly string[], config = 'digits.config.ts'): Promise<void> {
  const { code, stderr } = await cli.lockstep(['train', config, '--no-progress', ...args]);
  if (code !== 0) throw new Error(stderr);
}

async function verify(run: string, args: readonly string[] = []) {
  const { code, stdout, stderr } = await cli.lockstep(['verify', run, '--json', ...args]);
  return { code, stderr, verification: stdout === '' ? null : JSON.parse(stdout) };
}

/** A copy of the run, to be spoiled. */
function copyOf(name: string): string {
  cpSync(join(cli.path, 'whole'), join(cli.path, name), { recursive: true });
  return join(cli.path, name);
}

/** Every file of a folder with its content and its time. */
function snapshot(folder: string): unknown[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, entry.isFile() ? readFileSync(path, 'latin1') : null, statSync(path).mtimeMs];
    })
    .toSorted(([a], [b]) => String(a).localeCompare(String(b)));
}

function edit(file: string, change: (text: string) => string): void {
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(file, after);
}

/** The hash of an epoch's line with its first digit changed. */
const withOtherHash = (epoch: number) => (text: string) =>
  text.replace(
    new RegExp(`("epoch":${epoch},.*"weightsHash":")(.)`),
    (_, before: string, digit: string) => before + (digit === '0' ? '1' : '0'),
  );

const failures = ({ verification }: Awaited<ReturnType<typeof verify>>) =>
  verification.checks.filter(({ verdict }: { verdict: string }) => verdict === 'differs' || verdict === 'damaged');

describe('lockstep verify', () => {
  it('computes beginning and end again, on one thread and on several, and writes nothing', async () => {
    const before = snapshot(join(cli.path, 'whole'));
    const { code, stdout, stderr } = await cli.lockstep(['verify', 'whole', '--workers', '3']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const expected of [
      /^What +Steps +Expected +Found +Verdict$/m,
      /^first 23 steps, 1 thread +23 +(\w+…) +\1 +agrees$/m,
      /^first 23 steps, 3 threads +23 +(\w+…) +\1 +agrees$/m,
      /^from step \d+, 3 threads +115 +(\w+…) +\1 +agrees$/m,
      /^model\.safetensors +115 +(\w+…) +\1 +agrees$/m,
      /^whole is verified: (\d+) of \1 comparisons agree$/m,
    ]) {
      expect(stdout).toMatch(expected);
    }
    expect(snapshot(join(cli.path, 'whole'))).toEqual(before);
  });

  it('takes as many steps as it is told, and says where there is nothing to compare', async () => {
    const { code, verification } = await verify('whole', ['--steps', '30']);
    expect(code).toBe(0);
    const [one, many] = verification.checks;
    expect(one).toMatchObject({ what: 'first 30 steps, 1 thread', steps: 30, expected: null, verdict: 'not recorded' });
    expect(many).toMatchObject({ expected: one.found, found: one.found, verdict: 'agrees' });
    expect(verification.unchecked[0]).toMatch(/^30 steps: no hash was recorded there/);
  });

  it('says that the last hash has no checkpoint before it', async () => {
    const run = copyOf('no-checkpoints');
    rmSync(join(run, 'checkpoints'), { recursive: true });
    const { code, verification } = await verify('no-checkpoints');
    expect(code).toBe(0);
    expect(verification.unchecked).toEqual([expect.stringMatching(/^step 115.*no whole checkpoint.*--steps 115/)]);
    const whole = await verify('no-checkpoints', ['--steps', '115']);
    expect(whole).toMatchObject({ code: 0, verification: { unchecked: [], verified: true } });
  });

  it('verifies a run that was killed, with a torn line', async () => {
    const args = ['train', 'digits.config.ts', '--json', '--out', 'killed', '--checkpoint-every', '50'];
    await cli.lockstepUntil([...args, '--epochs', '1000000'], '"event":"checkpoint"', 'SIGKILL');
    writeFileSync(join(cli.path, 'killed', 'metrics.jsonl'), '{"event":"epo', { flag: 'a' });
    const { code, verification } = await verify('killed');
    expect({ code, checks: failures({ code, stderr: '', verification }) }).toEqual({ code: 0, checks: [] });
    expect(verification.unchecked).toContainEqual(expect.stringMatching(/^model\.safetensors: .* not come to its end/));
  });

  it('verifies a run with callbacks that stop it and set its weights at the end', async () => {
    const callbacks = "earlyStopping({ monitor: 'loss', patience: 1, restoreBestWeights: true })";
    cli.writeConfig('stops.config.ts', { callbacks });
    const flags = [
      '--epochs',
      '50',
      '--learning-rate',
      '0.5',
      '--set',
      'fit.checkpoint={"everySteps":23,"keepLast":99}',
    ];
    await train(['--out', 'stops', ...flags], 'stops.config.ts');
    const { code, verification } = await verify('stops');
    expect(failures({ code, stderr: '', verification })).toEqual([]);
    expect(code).toBe(0);
  });

  it('leaves the files alone that callbacks of the config have written', async () => {
    const log = join(cli.path, 'log.csv');
    const callbacks = `csvLogger(file('log.csv')), modelCheckpoint({ path: file('models/{epoch}.safetensors'), monitor: 'loss', saveBestOnly: true })`;
    cli.writeConfig('logs.config.ts', {
      callbacks,
      body: "import { csvLogger, modelCheckpoint } from '@lockstep/core';",
    });
    await train(['--out', 'logs', '--checkpoint-every', '30'], 'logs.config.ts');
    expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(4);
    const before = snapshot(cli.path);
    const { code, verification } = await verify('logs');
    expect({ code, checks: failures({ code, stderr: '', verification }) }).toEqual({ code: 0, checks: [] });
    expect(snapshot(cli.path)).toEqual(before);
  });

  it('verifies a run that went on elsewhere, and one that began from a checkpoint', async () => {
    copyOf('further');
    await train(['--resume', 'further', '--epochs', '7', '--workers', '1']);
    expect(await verify('further')).toMatchObject({ code: 0, verification: { verified: true } });
    const [name] = readdirSync(join(cli.path, 'whole', 'checkpoints'));
    await train(['--resume', join('whole', 'checkpoints', name), '--out', 'branch', '--epochs', '3']);
    expect(await verify('branch')).toMatchObject({ code: 0, verification: { verified: true } });
  });
});

describe('a run that was tampered with', () => {
  it.each<[string, (run: string) => void, RegExp]>([
    ['the first hash', (run) => edit(join(run, 'metrics.jsonl'), withOtherHash(1)), /^first 23 steps, 1 thread$/],
    ['a hash in between', (run) => edit(join(run, 'metrics.jsonl'), withOtherHash(3)), /^metrics\.jsonl: epoch 3$/],
    ['the last hash', (run) => edit(join(run, 'metrics.jsonl'), withOtherHash(5)), /^from step \d+, 2 threads$/],
    [
      'a loss',
      (run) => edit(join(run, 'metrics.jsonl'), (text) => text.replace(/("epoch":2,.*?"loss":)/, '$19')),
      /^metrics\.jsonl: epoch 2$/,
    ],
    [
      'a line that is gone',
      (run) => edit(join(run, 'metrics.jsonl'), (text) => text.replace(/.*"epoch":2,.*\n/, '')),
      /^metrics\.jsonl: epoch 2$/,
    ],
    [
      'the configuration, with its hash left',
      (run) => edit(join(run, 'manifest.json'), (text) => text.replace(/("configurationHash": ")./, '$1x')),
      /^manifest\.json: configuration$/,
    ],
    ['the model that is gone', (run) => rmSync(join(run, 'model.safetensors')), /^model\.safetensors$/],
  ])('%s', async (what, spoil, found) => {
    const name = what.replaceAll(/\W+/g, '-');
    spoil(copyOf(name));
    const { code, stderr, verification } = await verify(name, ['--workers', '2']);
    expect({ code, stderr, verified: verification.verified }).toEqual({ code: 1, stderr: '', verified: false });
    expect(failures({ code, stderr, verification }).map((check: { what: string }) => check.what)).toContainEqual(
      expect.stringMatching(found),
    );
  });

  it('weights of the saved model', async () => {
    const path = join(copyOf('model-edited'), 'model.safetensors');
    const model = await loadModel(path);
    model.parameters()[0].data[0] += 1;
    await model.save(path);
    const { code, stdout } = await cli.lockstep(['verify', 'model-edited']);
    expect(stdout).toMatch(/^model\.safetensors +115 +\w+… +\w+… +differs$/m);
    expect(stdout).toMatch(/^model-edited is NOT verified: 1 of \d+ comparisons fail$/m);
    expect(code).toBe(1);
  });

  it('a byte of a checkpoint', async () => {
    const folder = join(copyOf('checkpoint-edited'), 'checkpoints');
    const name = readdirSync(folder).toSorted().at(-1)!;
    const bytes = readFileSync(join(folder, name));
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(join(folder, name), bytes);
    const result = await verify('checkpoint-edited');
    expect(result.code).toBe(1);
    expect(failures(result)).toMatchObject([{ what: join('checkpoints', name), verdict: 'damaged' }]);
    const { stdout } = await cli.lockstep(['inspect', join('checkpoint-edited', 'checkpoints', name)]);
    expect(stdout).toMatch(/^checksum +DAMAGED: expected SHA-256/m);
  });

  it('a checkpoint in the place of another', async () => {
    const folder = join(copyOf('checkpoint-swapped'), 'checkpoints');
    const [first, second] = readdirSync(folder).toSorted();
    expect((await readCheckpoint(join(folder, first))).position.steps).toBeGreaterThan(0);
    renameSync(join(folder, first), join(folder, second));
    const result = await verify('checkpoint-swapped');
    expect(result.code).toBe(1);
    expect(failures(result)).toMatchObject([{ what: join('checkpoints', second), verdict: 'differs' }]);
  });

  it('a checkpoint of another run', async () => {
    await train(['--out', 'foreign', '--seed', '9', '--max-steps', '40']);
    const name = 'checkpoint-000000000040.safetensors';
    cpSync(join(cli.path, 'foreign', 'checkpoints', name), join(copyOf('with-foreign'), 'checkpoints', name));
    const result = await verify('with-foreign');
    expect(result.code).toBe(1);
    expect(failures(result)).toMatchObject([
      { what: join('checkpoints', name), verdict: 'differs', reason: 'of another run: model.seed, fit.seed' },
    ]);
  });

  it('a checkpoint that is cut short', async () => {
    const folder = join(copyOf('checkpoint-cut'), 'checkpoints');
    const name = readdirSync(folder).toSorted().at(-1)!;
    truncateSync(join(folder, name), 1000);
    const result = await verify('checkpoint-cut');
    expect(result.code).toBe(1);
    expect(failures(result)).toMatchObject([{ what: join('checkpoints', name), verdict: 'damaged' }]);
  });
});

describe('a run that cannot be computed again', () => {
  it('another configuration: says what differs', async () => {
    cli.writeConfig('changed.config.ts');
    await train(['--out', 'changed'], 'changed.config.ts');
    cli.writeConfig('changed.config.ts', { fit: 'shuffle: false, seed: 4,' });
    const { code, stderr, verification } = await verify('changed');
    expect(stderr).toMatch(
      /fit\.seed was 0 in the run and is 4 now; fit\.shuffle was true in the run and is false now.*CHECKPOINT_MISMATCH/,
    );
    expect({ code, verification }).toEqual({ code: 1, verification: null });
  });

  it('other data: says so', async () => {
    cli.writeConfig('data.config.ts', { members: "data: meetingDataset(file('never'), 640, Infinity)," });
    await train(['--out', 'data-run'], 'data.config.ts');
    cli.writeConfig('data.config.ts', { members: "data: meetingDataset(file('never'), 641, Infinity)," });
    const { code, stderr } = await verify('data-run');
    expect(stderr).toMatch(/data\.rows was 640 in the run and is 641 now; data\.fingerprint was/);
    expect(code).toBe(1);
  });

  it('a config file that has changed otherwise is noted', async () => {
    cli.writeConfig('comment.config.ts');
    await train(['--out', 'comment'], 'comment.config.ts');
    writeFileSync(join(cli.path, 'comment.config.ts'), '// A word more.\n', { flag: 'a' });
    const { code, verification } = await verify('comment');
    expect(code).toBe(0);
    expect(verification.notes).toEqual([
      expect.stringMatching(/comment\.config\.ts was changed since the run; model, data/),
    ]);
  });

  it('another version is noted', async () => {
    const run = copyOf('version');
    edit(join(run, 'manifest.json'), (text) => text.replace(/"lockstep": ".*?"/, '"lockstep": "0.0.1"'));
    const { verification } = await verify('version');
    expect(verification.notes).toEqual([expect.stringMatching(/computed by lockstep 0\.0\.1, and this is \d/)]);
  });

  it('another processor is noted', async () => {
    const run = copyOf('processor');
    edit(join(run, 'manifest.json'), (text) => text.replace('"fusedMultiplyAdd": true', '"fusedMultiplyAdd": false'));
    const { verification } = await verify('processor');
    expect(verification.notes).toEqual([
      expect.stringMatching(/the run had no fused multiply-add .* this machine has it/),
    ]);
  });

  it.each<[string, string, RegExp]>([
    ['no directory', 'nowhere', /nowhere: expected a run directory.*received no directory of that name/],
    ['no run', '.', /expected a run directory, with manifest\.json, received no such file in it/],
  ])('%s', async (_, run, message) => {
    const { code, stderr } = await verify(run);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });

  it('a config file that is gone can be named', async () => {
    cli.writeConfig('gone.config.ts');
    await train(['--out', 'gone'], 'gone.config.ts');
    renameSync(join(cli.path, 'gone.config.ts'), join(cli.path, 'moved.config.ts'));
    const { code, stderr } = await verify('gone');
    expect(stderr).toMatch(/gone\.config\.ts: expected the config file of the run.*--config FILE/);
    expect(code).toBe(1);
    expect(await verify('gone', ['--config', 'moved.config.ts'])).toMatchObject({
      code: 0,
      verification: { notes: [] },
    });
  });
});

describe('lockstep inspect', () => {
  it('describes a checkpoint', async () => {
    const name = readdirSync(join(cli.path, 'whole', 'checkpoints'))
      .toSorted()
      .at(-1)!;
    const file = join('whole', 'checkpoints', name);
    const { code, stdout } = await cli.lockstep(['inspect', file]);
    expect(code).toBe(0);
    for (const expected of [
      /^checkpoint +5 epochs, 115 steps in all$/m,
      /^checksum +verified$/m,
      /^options +loss sparseCategoricalCrossentropy\(.*batchSize 64/m,
      /^epoch 5 +loss \d.* accuracy \d/m,
      /^optimizer\/first moment\/dense_1\/kernel/m,
      /dense_2 \(dense\)/,
    ]) {
      expect(stdout).toMatch(expected);
    }
    const json = JSON.parse((await cli.lockstep(['inspect', file, '--json'])).stdout);
    const { position, weightsHash, configuration } = await readCheckpoint(join(cli.path, file));
    expect(json).toMatchObject({
      kind: 'safetensors',
      checkpoint: { position, weightsHash, configuration, checksum: 'verified' },
    });
    expect(json.model.weightsHash).toBe(weightsHash);
  });

  it('describes a run directory', async () => {
    const { code, stdout } = await cli.lockstep(['inspect', 'whole']);
    expect(code).toBe(0);
    for (const expected of [
      /^began +\S+ with 2 workers$/m,
      /^state +completed \(completion\) after 115 steps, weights SHA-256 [0-9a-f]{64}$/m,
      /^ *5 +115 +loss \d/m,
      /^checkpoints\/checkpoint-000000000115\.safetensors +5 +115 /m,
    ]) {
      expect(stdout).toMatch(expected);
    }
    const json = JSON.parse((await cli.lockstep(['inspect', 'whole', '--json'])).stdout);
    expect(json).toMatchObject({ kind: 'run', manifest: { version: 1 }, epochs: 5, last: { epoch: 5, steps: 115 } });
    expect(json.checkpoints.at(-1)).toMatchObject({ epoch: 5, steps: 115, weightsHash: json.end.weightsHash });
  });
});
