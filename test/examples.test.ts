import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { folderWith, housingLines } from './support/housingTable.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MNIST = fileURLToPath(new URL('../../shared/data/mnist', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function example(name: string, ...args: string[]): Ended {
  const command = ['--conditions=lockstep-source', `examples/${name}/main.ts`, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

function hashOf({ stdout }: Ended): string {
  const hash = /^weights +SHA-256 ([0-9a-f]{64})$/m.exec(stdout)?.[1];
  if (hash === undefined) throw new Error(`no hash in:\n${stdout}`);
  return hash;
}

function accuracyOf({ stdout }: Ended): number {
  return Number(/^test accuracy +([\d.]+) %/m.exec(stdout)?.[1]);
}

describe('examples/digits', () => {
  it('ends in the same weights with 1, 2 and 3 workers', () => {
    const runs = ['1', '2', '3'].map((workers) => example('digits', '--workers', workers, '--steps', '50'));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(new Set(runs.map(hashOf)).size).toBe(1);
  });

  it('reads at least 97 % of the test digits, on every core', () => {
    const run = example('digits');
    expect(run.code).toBe(0);
    expect(accuracyOf(run)).toBeGreaterThanOrEqual(97);
    expect(run.stderr.match(/^epoch +\d+\/20 /gm)).toHaveLength(20);
    // The matrix: ten lines of ten counts that add up to the test images.
    const counts = [...run.stdout.matchAll(/^ +\d((?: +(?:\d+|·)){10}) +[\d.]+ %$/gm)].flatMap(([, cells]) =>
      cells.trim().split(/ +/),
    );
    expect(counts).toHaveLength(100);
    expect(counts.reduce((sum, cell) => sum + (cell === '·' ? 0 : Number(cell)), 0)).toBe(360);
  });

  it('depends on the seed, and fails when a full run is not good enough', () => {
    const [first, second] = ['1', '2'].map((seed) => example('digits', '--epochs', '1', '--seed', seed));
    expect(hashOf(first)).not.toBe(hashOf(second));
    expect(first.code).toBe(1);
    expect(first.stderr).toContain('below 97.00 %');
  });

  it.each([
    [['--workers', 'many'], /--workers: expected 'auto' or a whole number of at least 1, received 'many'/],
    [['--steps', '0'], /--steps: expected a whole number of at least 1/],
    [['--bogus'], /Unknown option '--bogus'/],
    [['--data', 'x'], /Unknown option '--data'/],
  ])('refuses %j with exit code 2', (args, message) => {
    const { code, stdout, stderr } = example('digits', ...args);
    expect(stderr).toMatch(message);
    expect(stderr).toContain('--workers N|auto');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

describe('examples/swish', () => {
  it('learns with a layer of its own, to the same weights with 1, 2 and 3 workers', () => {
    const runs = ['1', '2', '3'].map((workers) => example('swish', '--workers', workers, '--steps', '20'));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(new Set(runs.map(hashOf)).size).toBe(1);
    const whole = example('swish');
    expect(whole.code).toBe(0);
    expect(accuracyOf(whole)).toBeGreaterThanOrEqual(95);
    expect(whole.stdout).toContain('swish_2 (swish)');
  });
});

describe('examples/waves', () => {
  it('learns from a dataset of its own, to the same weights with 1 and 2 workers', () => {
    const runs = ['1', '2'].map((workers) => example('waves', '--workers', workers));
    expect(runs.map(({ code, stderr }) => [code, stderr.includes('Less than')])).toEqual([
      [0, false],
      [0, false],
    ]);
    expect(new Set(runs.map(hashOf)).size).toBe(1);
  });
});

describe('examples/mnist', () => {
  it('says what is missing where there is no data', () => {
    const { code, stdout, stderr } = example('mnist', '--data', '/nowhere');
    expect(stderr).toContain('train-images-idx3-ubyte');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('reads at least 95 % of the test digits', ({ skip }) => {
    skip(!existsSync(MNIST), `${MNIST} does not exist: MNIST is not part of the repository`);
    const run = example('mnist');
    expect(run.code).toBe(0);
    expect(accuracyOf(run)).toBeGreaterThanOrEqual(95);
  });
});

describe('examples/housing', () => {
  it('says what is missing where there is no table, and what is wrong in one', () => {
    const none = example('housing', '--data', '/nowhere');
    expect(none.stderr).toContain('/nowhere/housing.csv does not exist');
    expect({ code: none.code, stdout: none.stdout }).toEqual({ code: 2, stdout: '' });
    const broken = example('housing', '--data', folderWith(['a,b', '1,2']));
    expect(broken.stderr).toContain('housing.csv: expected ');
    expect({ code: broken.code, stdout: broken.stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('ends in the same weights with 1 and 3 workers', () => {
    const folder = folderWith(housingLines(500));
    const runs = ['1', '3'].map((workers) =>
      example('housing', '--data', folder, '--workers', workers, '--steps', '20'),
    );
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    expect(new Set(runs.map(hashOf)).size).toBe(1);
  });

  it('learns prices, tells them in dollars, and fails when a full run is not good enough', () => {
    const folder = folderWith(housingLines(1000));
    const run = example('housing', '--data', folder);
    expect(run.code).toBe(0);
    const errors = Array.from(
      run.stdout.matchAll(/^(?:the mean price|epoch \d+|at the end) +\$([\d,]+)$/gm),
      ([, dollars]) => Number(dollars.replaceAll(',', '')),
    );
    expect(errors).toHaveLength(7);
    const [mean, ...after] = errors;
    expect(after.toSorted((a, b) => b - a)).toEqual(after);
    expect(after[5]).toBeLessThan(mean / 4);
    const short = example('housing', '--data', folder, '--epochs', '1');
    expect(short.code).toBe(1);
    expect(short.stderr).toContain('The error is not below $');
  });
});

describe('examples/perceptron', () => {
  it('separates what a line separates, and with a hidden layer what three lines do', () => {
    const runs = ['1', '2'].map((workers) => example('perceptron', '--workers', workers));
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    expect(new Set(runs.map(hashOf)).size).toBe(1);
    const [squad, xor] = [...runs[0].stdout.matchAll(/^mistakes in each epoch: ([\d ]+)$/gm)].map(([, counts]) =>
      counts.split(' ').map(Number),
    );
    expect([squad.length, squad.at(-1)]).toEqual([20, 0]);
    expect(Math.min(...xor)).toBeGreaterThan(0);
    expect(runs[0].stdout).toMatch(/^one neuron [4-7]\d\.\d % right, with three hidden ones (99|100)\.\d %$/m);
  });
});
