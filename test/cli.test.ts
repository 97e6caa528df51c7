import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeArrowFile } from '@lockstep/arrow';
import { dense, encodeSafetensors, loadModel, modelFromSpec, sequential } from '@lockstep/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliFolder, DIGITS, linesOf } from './support/cli.ts';

let cli: CliFolder;
let folder: string;

beforeAll(() => {
  cli = new CliFolder();
  folder = cli.path;
  cli.writeConfig('digits.config.ts');
});

afterAll(() => cli.remove());

const lockstep: CliFolder['lockstep'] = (args, options) => cli.lockstep(args, options);
const readRun = (run: string, file: string): string => cli.read(run, file);

describe('lockstep train', () => {
  it('trains, reports on stdout, shows progress on stderr, and leaves a run directory', async () => {
    const { code, stdout, stderr } = await lockstep(['train', 'digits.config.ts', '--out', 'plain', '--seed', '5']);
    expect(stderr).toMatch(/^epoch 1\/2 .*accuracy .*\nepoch 2\/2 .*\n$/);
    expect(code).toBe(0);
    expect(readdirSync(join(folder, 'plain')).toSorted()).toEqual([
      'checkpoints',
      'digits.config.ts',
      'manifest.json',
      'metrics.jsonl',
      'model.safetensors',
    ]);

    const model = await loadModel(join(folder, 'plain', 'model.safetensors'));
    const hash = model.weightsHash();
    expect(model.spec.seed).toBe(5);
    for (const expected of [/dense_2 \(dense\)/, /^kernels: /m, /^epoch 2 +loss /m, /^test +loss .*accuracy /m]) {
      expect(stdout).toMatch(expected);
    }
    expect(stdout).toContain(`SHA-256 ${hash}`);
    expect(stdout).toMatch(/^run +plain$/m);
    expect(stdout).not.toContain('epoch 1/2');

    const events = cli.readEvents('plain');
    expect(events.map(({ event }) => event)).toEqual(['epoch', 'epoch', 'checkpoint', 'end']);
    for (const line of events.slice(0, 2)) {
      expect(Object.keys(line)).toEqual([
        ...['event', 'epoch', 'steps', 'loss', 'accuracy', 'weightsHash', 'seconds', 'samplesPerSecond'],
      ]);
    }
    const file = 'checkpoints/checkpoint-000000000046.safetensors';
    expect(events[2]).toEqual({
      ...{ event: 'checkpoint', steps: 46, file, weightsHash: hash },
      ...{ pauseSeconds: expect.any(Number), writeSeconds: expect.any(Number), bytes: expect.any(Number) },
    });
    expect(events[3]).toMatchObject({ status: 'completed', stoppedBy: 'completion', steps: 46, weightsHash: hash });

    const manifest = JSON.parse(readRun('plain', 'manifest.json'));
    expect(manifest).toMatchObject({
      flags: { seed: 5 },
      config: {
        path: join(folder, 'digits.config.ts'),
        sha256: createHash('sha256')
          .update(readFileSync(join(folder, 'digits.config.ts')))
          .digest('hex'),
      },
      configuration: {
        model: model.spec,
        fit: {
          loss: { kind: 'sparseCategoricalCrossentropy', fromLogits: false, labelSmoothing: 0 },
          batchSize: 64,
          seed: 5,
          optimizer: { kind: 'adam' },
        },
        data: { rows: 1437, fingerprint: expect.stringMatching(/./) },
        validation: null,
      },
      configurationHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      initialWeightsHash: modelFromSpec(model.spec).weightsHash(),
      options: { epochs: 2, maxSteps: null, checkpoint: { everySeconds: 600 } },
      test: { rows: 360 },
      from: null,
      resumptions: [],
      workers: 1,
      versions: { node: process.versions.node, lockstep: expect.stringMatching(/^\d/) },
    });
    expect(readRun('plain', 'digits.config.ts')).toBe(readFileSync(join(folder, 'digits.config.ts'), 'utf8'));
  });

  it('writes JSON lines with --json, and the same weights on any number of workers', async () => {
    const hashes = new Set<string>();
    for (const workers of ['1', '2', '3']) {
      const args = [
        'train',
        'digits.config.ts',
        '--json',
        '--no-progress',
        '--workers',
        workers,
        '--out',
        `json${workers}`,
      ];
      const { code, stdout, stderr } = await lockstep(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const events = linesOf(stdout);
      expect(events.map(({ event }) => event)).toEqual(['start', 'epoch', 'epoch', 'checkpoint', 'end']);
      expect(events[0]).toMatchObject({ workers: Number(workers), stepsPerEpoch: 23, epochs: 2, rows: 1437 });
      expect(events[4]).toMatchObject({
        status: 'completed',
        epochs: 2,
        steps: 46,
        test: { accuracy: expect.any(Number) },
      });
      hashes.add(events[4].weightsHash);
    }
    expect(hashes.size).toBe(1);
  });

  it('shows metrics in every report, and refuses those that do not go with the model', async () => {
    const metrics = ['f1', { kind: 'topKAccuracy', k: 3, name: 'top3Accuracy' }];
    const args = ['train', 'digits.config.ts', '--set', `fit.metrics=${JSON.stringify(metrics)}`];
    const { code, stdout, stderr } = await lockstep([...args, '--out', 'metrics', '--max-steps', '23']);
    expect(code).toBe(0);
    const [epoch, , end] = cli.readEvents('metrics');
    expect(epoch).toMatchObject({ f1: expect.any(Number), top3Accuracy: expect.any(Number) });
    const shown = `f1 ${epoch.f1.toFixed(4)}  top3Accuracy ${epoch.top3Accuracy.toFixed(4)}`;
    expect(stderr).toContain(shown);
    expect(stdout).toContain(shown);
    expect(stdout).toContain(`top3Accuracy ${end.test.top3Accuracy.toFixed(4)}`);
    expect((await lockstep(['verify', 'metrics'])).code).toBe(0);

    const refused = await lockstep(['train', 'digits.config.ts', '--set', 'fit.metrics=["r2"]', '--out', 'refused']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/fit\.metrics: expected errors of numbers.*UNSUPPORTED/s);
    expect(readdirSync(folder)).not.toContain('refused');
  });

  it('takes options from flags and --set', async () => {
    const flags = ['--epochs', '9', '--batch-size', '100', '--learning-rate', '0.5', '--max-steps', '20'];
    const settings = ['--set', 'fit.shuffle=false', '--set', 'fit.optimizer.beta1=0.5'];
    const { code, stdout } = await lockstep([
      'train',
      'digits.config.ts',
      '--json',
      '--out',
      'set',
      ...flags,
      ...settings,
    ]);
    expect(code).toBe(0);
    expect(linesOf(stdout).at(-1)).toMatchObject({ steps: 20, epochs: 2 });
    const { configuration, options } = JSON.parse(readRun('set', 'manifest.json'));
    expect(options).toMatchObject({ epochs: 9, maxSteps: 20 });
    const optimizer = { kind: 'adam', learningRate: 0.5, beta1: 0.5 };
    expect(configuration.fit).toMatchObject({ batchSize: 100, shuffle: false, optimizer });
  });

  it('tells of the rows that are trained on, and of what the run warns of', async () => {
    const flags = ['--json', '--no-progress', '--out', 'fast', '--set', 'fit.fastDevRun=2', '--batch-size', '50'];
    const { code, stdout, stderr } = await lockstep(['train', 'digits.config.ts', ...flags]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: fastDevRun: one epoch of 2 batches of training/);
    const events = linesOf(stdout);
    expect(events[0]).toMatchObject({ event: 'start', rows: 100, stepsPerEpoch: 2, epochs: 1 });
    expect(events.at(-1)).toMatchObject({ steps: 2, notices: [{ code: 'LOCKSTEP_FAST_DEV_RUN' }] });
    expect(events.map(({ event }) => event)).toEqual(['start', 'epoch', 'end']);
  });

  it('names the run after config and time, and never overwrites one', async () => {
    const { code } = await lockstep(['train', 'digits.config.ts', '--max-steps', '1']);
    expect(code).toBe(0);
    const [name] = readdirSync(join(folder, 'runs'));
    expect(name).toMatch(/^digits-\d{8}T\d{6}Z$/);
    const again = await lockstep(['train', 'digits.config.ts', '--out', join('runs', name)]);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(/^error: --out .*: expected a directory that is empty .*add --resume.*\n$/);
  });

  it.each([
    ['SIGINT', '1', 130],
    ['SIGINT', '2', 130],
    ['SIGTERM', '2', 143],
  ] as const)('on %s with %s workers saves the model and exits with %d', async (signal, workers, expected) => {
    const run = `${signal}${workers}`;
    const args = ['train', 'digits.config.ts', '--epochs', '1000000', '--workers', workers, '--json', '--out', run];
    let sent = false;
    const { code, stdout, stderr } = await lockstep(args, {
      onOutput(child, output) {
        if (sent || !output.includes('"epoch":2')) return;
        sent = child.kill(signal);
      },
    });
    expect(stderr).toContain(`${signal}: stopping after this step`);
    expect(code).toBe(expected);
    const end = linesOf(stdout).at(-1);
    expect(end).toMatchObject({ event: 'end', status: 'interrupted', signal });
    const model = await loadModel(join(folder, run, 'model.safetensors'));
    expect(model.weightsHash()).toBe(end.weightsHash);
    const events = cli.readEvents(run);
    expect(events.filter(({ event }) => event === 'epoch')).toHaveLength(end.epochs);
    expect(events.at(-1)).toMatchObject({ event: 'end', status: 'interrupted', stoppedBy: signal, steps: end.steps });
    expect(end.resume).toBe(`lockstep train digits.config.ts --resume ${run}`);
  });

  it('stops at once on the second signal', async () => {
    // No step ends any more, so the first signal alone would wait for ever.
    const callbacks = `{ onEpochEnd: () => { console.error('stuck'); return new Promise(() => setInterval(() => {}, 1000)); } }`;
    cli.writeConfig('stuck.config.ts', { callbacks });
    const sent = { first: false, second: false };
    const { code } = await lockstep(['train', 'stuck.config.ts', '--out', 'stuck'], {
      onOutput(child, output) {
        if (!sent.first && output.includes('stuck')) sent.first = child.kill('SIGINT');
        if (!sent.second && output.includes('again: stop at once')) sent.second = child.kill('SIGINT');
      },
    });
    expect(sent).toEqual({ first: true, second: true });
    expect(code).toBe(130);
  });
});

describe('failures', () => {
  it.each<[string, string[], RegExp]>([
    ['a missing config', ['train', 'nowhere.ts'], /nowhere\.ts: expected a config file.*FILE_NOT_FOUND/],
    ['an unknown option', ['train', 'digits.config.ts', '--set', 'fit.epoch=3'], /fit\.epoch: expected no such option/],
    ['a wrong value', ['train', 'digits.config.ts', '--set', 'fit.optimizer.learningRate=-1'], /adam\.learningRate/],
    [
      'a thread that breaks',
      [
        ...['train', 'digits.config.ts', '--workers', '2', '--set', 'fit.maxWorkerRestarts=0'],
        ...['--set', 'fit.faults=[{"thread":1,"step":3,"action":"throw"}]'],
      ],
      /WORKER_FAILED\]/,
    ],
    ['a loss that is not finite', ['train', 'digits.config.ts', '--learning-rate', '1e30'], /LOSS_NOT_FINITE/],
  ])('%s: exit code 1, a message and no stack', async (what, args, message) => {
    const out = args[0] === 'train' ? ['--out', what.replaceAll(' ', '-')] : [];
    const { code, stderr } = await lockstep([...args, '--no-progress', ...out]);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
  });

  it('a mistake in an option leaves no run directory', async () => {
    const { code } = await lockstep(['train', 'digits.config.ts', '--set', 'fit.loss=hinge', '--out', 'mistake']);
    expect(code).toBe(1);
    expect(readdirSync(folder)).not.toContain('mistake');
  });

  it.each<[string, string, RegExp]>([
    ['enum', `enum Kind { A }; console.error(Kind.A);`, /Use plain objects instead of enums.*UNSUPPORTED/s],
    ['throws', `throw new TypeError('my own mistake');`, /TypeError: my own mistake\n\s+at .*throws\.config\.ts/],
  ])('a config file that cannot be loaded (%s)', async (name, body, message) => {
    cli.writeConfig(`${name}.config.ts`, { body });
    const { code, stdout, stderr } = await lockstep(['train', `${name}.config.ts`]);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('LOCKSTEP_DEBUG=1 shows the stack', async () => {
    const { code, stderr } = await lockstep(['train', 'nowhere.ts'], { env: { LOCKSTEP_DEBUG: '1' } });
    expect(stderr).toMatch(/^\s+at /m);
    expect(code).toBe(1);
  });
});

describe('usage', () => {
  it.each<[string[], RegExp]>([
    [[], /Usage: lockstep/],
    [['trian'], /unknown command 'trian'[^]*train/],
    [['train'], /missing required argument 'config'/],
    [['train', 'digits.config.ts', '--epoch', '3'], /unknown option '--epoch'[^]*--epochs/],
    [['train', 'digits.config.ts', '--epochs', 'many'], /--epochs.*'many' is invalid/],
    [['train', 'digits.config.ts', '--learning-rate', '0'], /--learning-rate.*greater than 0/],
    [['train', 'digits.config.ts', '--workers', 'all'], /--workers.*'auto' or a whole number/],
    [['train', 'digits.config.ts', '--max-time', '0'], /--max-time.*seconds greater than 0/],
    [['train', 'digits.config.ts', '--checkpoint-every', '1.5'], /--checkpoint-every.*at least 1/],
    [['train', 'digits.config.ts', '--set', 'epochs=3'], /--set.*Expected fit\./],
    [['train', 'digits.config.ts', 'another.ts'], /too many arguments/],
    [['inspect'], /missing required argument 'path'/],
    [['verify'], /missing required argument 'run'/],
    [['verify', 'run', '--steps', '0'], /--steps.*at least 1/],
  ])('%j: exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await lockstep(args);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('--help and --version go to stdout', async () => {
    const help = await lockstep(['train', '--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('--learning-rate <x>');
    const { code, stdout } = await lockstep(['--version']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});

describe('lockstep inspect', () => {
  const inspectJson = async (file: string) => {
    const { code, stdout, stderr } = await lockstep(['inspect', file, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  };

  it('describes an Arrow file', async () => {
    const { code, stdout } = await lockstep(['inspect', DIGITS]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/1,437 rows in 1 record batch\n/);
    expect(stdout).toMatch(/^pixels +FixedSizeList\[64\]<Uint8> +not nullable +64 features or values$/m);
    const { kind, file, ...description } = await inspectJson(DIGITS);
    expect({ kind, file }).toEqual({ kind: 'arrow', file: DIGITS });
    expect(description).toEqual(await describeArrowFile(DIGITS));
  });

  it('describes a saved model', async () => {
    const model = sequential([dense(2, { activation: 'softmax' })], { inputShape: [3] });
    model.setWeights({ 'dense_1/kernel': [-1, 2, 0.5, 0.5, 3, 1], 'dense_1/bias': [0, -2] });
    await model.save(join(folder, 'small.safetensors'));
    const { code, stdout } = await lockstep(['inspect', 'small.safetensors']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^dense_1\/kernel +F32 +\[3, 2\] +-1\.000 +3\.000 +1\.000$/m);
    expect(stdout).toContain(model.summary());
    const description = await inspectJson('small.safetensors');
    expect(description).toMatchObject({
      kind: 'safetensors',
      tensors: [
        { name: 'dense_1/kernel', dtype: 'F32', shape: [3, 2], min: -1, max: 3, mean: 1 },
        { name: 'dense_1/bias', dtype: 'F32', shape: [2], min: -2, max: 0, mean: -1 },
      ],
      model: { spec: model.spec, parameters: 8, weightsHash: model.weightsHash() },
    });
  });

  it("describes another program's tensors", async () => {
    const tensors = [
      { name: 'a', shape: [2], data: Float32Array.of(1, 2) },
      { name: 'empty', shape: [0], data: new Float32Array(0) },
    ];
    writeFileSync(join(folder, 'other.bin'), encodeSafetensors({ metadata: { format: 'pt' }, tensors }));
    const { stdout } = await lockstep(['inspect', 'other.bin']);
    expect(stdout).toContain('format: pt');
    expect(stdout).not.toContain('Layer (type)');
    expect(await inspectJson('other.bin')).toMatchObject({
      metadata: { format: 'pt' },
      tensors: [{ mean: 1.5 }, { min: null, max: null, mean: null }],
      model: null,
    });
  });

  it('describes a config: model, steps, plan and memory', async () => {
    const { code, stdout } = await lockstep(['inspect', 'digits.config.ts']);
    expect(code).toBe(0);
    for (const expected of [
      /dense_1 \(dense\)/,
      /23 steps an epoch, 2 epochs/,
      /^forward +\d+ +range of rows +gemm/m,
      /^Memory map/m,
    ]) {
      expect(stdout).toMatch(expected);
    }
    const { memory, ...description } = await inspectJson('digits.config.ts');
    expect(description).toMatchObject({
      kind: 'config',
      batchSize: 64,
      stepsPerEpoch: 23,
      rows: { data: 1437, test: 360 },
    });
    expect(description.calls.loss).toEqual({ softmaxCrossEntropy: 1 });
    expect(memory.regions[0]).toEqual({ name: 'dense_1/kernel', offset: 1024, bytes: 64 * 32 * 4 });
    // Regions follow one another without overlap, up to the end.
    let end = 0;
    for (const { offset, bytes } of memory.regions) {
      expect(offset).toBeGreaterThanOrEqual(end);
      end = offset + bytes;
    }
    expect(memory.bytes - end).toBeLessThan(64);
  });

  it('refuses other files', async () => {
    writeFileSync(join(folder, 'text.csv'), 'a,b\n1,2\n');
    const { code, stdout, stderr } = await lockstep(['inspect', 'text.csv', '--json']);
    expect(stderr).toMatch(/^error: text\.csv: expected an Arrow or Parquet file.*FILE_INVALID\]\n$/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});
