import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** A module of bench/, whose files belong to another project of the compiler. */
const load = (file: string) => import(new URL(`../bench/${file}`, import.meta.url).href);

const { IMAGES, COLUMNS, bytesPerRow, writeTable } = await load('loader/files.ts');
const { PEER } = await load('loader/points.ts');
const { checkPassesAnswer } = await load('loader/protocol.ts');
const { ratioOf, summarise } = await load('loader/results.ts');
const { targetsOf } = await load('loader/targets.ts');
const { compareTraining } = await load('loader/training.ts');
const { printLoader } = await load('loader/print.ts');

const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-loader-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const images = join(folder, 'images.arrow');
const columns = join(folder, 'columns.arrow');
const ROWS = { images: 700, columns: 5000 };
await writeTable(images, IMAGES, ROWS.images * bytesPerRow(IMAGES));
await writeTable(columns, COLUMNS, ROWS.columns * bytesPerRow(COLUMNS));

function measure(program: string, request: object) {
  const args = ['--conditions=lockstep-source', join(ROOT, 'bench/loader', program), JSON.stringify(request)];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 });
  expect(stderr).toBe('');
  return checkPassesAnswer(JSON.parse(stdout.trimEnd().split('\n').at(-1)!));
}

describe('a process that measures goes through all of the file, at least three times', () => {
  const read = { file: images, features: ['pixels'], label: 'label', scale: 1, budgetMs: 0 };
  const valuesOfImages = ROWS.images * 784 * 4;
  const valuesOfColumns = ROWS.columns * 32 * 4;

  test.each([
    ['readyBatches.ts', { ...read, shuffle: true, threads: 2 }, valuesOfImages],
    ['readyBatches.ts', { ...read, shuffle: false, threads: 0 }, valuesOfImages],
    ['apacheArrow.ts', { ...read, task: 'copy', rows: 0 }, valuesOfImages],
    ['apacheArrow.ts', { ...read, file: columns, features: COLUMNS.features, task: 'get', rows: 1e9 }, valuesOfColumns],
  ])('%s %j', (program, request, bytes) => {
    const answer = measure(program, request);
    expect(answer.bytes).toBe(bytes);
    expect(answer.milliseconds).toHaveLength(3);
  });

  test('rawRead.ts, whose bytes are those of the file', () => {
    const answer = measure('rawRead.ts', { file: images, budgetMs: 0, chunkBytes: 2 ** 20, offset: 64 });
    expect(answer.bytes).toBeGreaterThan(valuesOfImages);
  });
});

describe('figures', () => {
  const series = (peer: string, setting: string, milliseconds: number[], failure: object | null = null) => ({
    ...{ peer, setting, failure, wallMs: [] },
    answers: milliseconds.length === 0 ? [] : [{ bytes: 1e9, milliseconds, peakRss: 2 ** 20, note: '' }],
  });
  const absent = { kind: 'absent', reason: 'apache-arrow not installed' };
  const rows = [
    series(PEER.inOrder, 'inline', [200, 220, 240]),
    series(PEER.inOrder, 'loader and 2 threads', [125, 300, 310]),
    series(PEER.shuffled, 'inline', [400, 410, 420]),
    series(PEER.raw, '1024 KiB, page + 0', [900, 900, 900]),
    series(PEER.raw, '1024 KiB, page + 64', [100, 110, 120]),
    series(PEER.copy, '', [], absent),
  ].map(summarise);
  const training = compareTraining('a network', [
    {
      ...{ peer: 'from the file', setting: '', failure: null, wallMs: [] },
      answers: [{ microseconds: [110, 100, 120], waited: [0, 6, 12], waits: 0.1, peakRss: 1 }],
    },
    {
      ...{ peer: 'from memory', setting: '', failure: null, wallMs: [] },
      answers: [{ microseconds: [80, 100, 110], waited: [0, 0, 0], waits: 0, peakRss: 1 }],
    },
  ]);
  const parts = { images: { name: 'images', fileBytes: 1e9, rows }, columns: null, csv: null, training };

  test('compare the best settings of both, of least times and of medians', () => {
    expect(ratioOf(rows, PEER.inOrder, PEER.raw).value).toEqual({ best: 100 / 125, median: 110 / 220 });
    expect(training.waiting.value).toEqual({ best: 0, median: 6 });
    expect(training.excess.value.best).toBeCloseTo(25, 12);
    expect(training.excess.value.median).toBeCloseTo(10, 12);
  });

  test('are reached, missed or not measured, and the table says which and why', () => {
    const targets = targetsOf(parts);
    expect(targets.map(({ reached }: { reached: boolean | null }) => reached)).toEqual([
      ...[true, null, false, null, false, null],
    ]);
    const text = printLoader({ cases: [parts.images], training, targets });
    expect(text).toMatch(/^784 × float32 in order ÷ raw read +from 0\.6 × +0\.800 × +0\.500 × +reached$/m);
    expect(text).toMatch(/^784 × float32 in order ÷ apache-arrow, copied.* absent +not measured$/m);
    expect(text).toMatch(/^waits for data ÷ time of a training step +below 5 % +0\.00 % +6\.00 % +MISSED$/m);
    expect(text).toContain(`images, ${PEER.copy}: absent: apache-arrow not installed`);
  });
});

test('a run that is interrupted ends what it has started, and leaves no files', async () => {
  const temporary = join(folder, 'temporary');
  mkdirSync(temporary);
  const args = ['--conditions=lockstep-source', 'bench/main.ts', 'loader', '--megabytes', '1', '--cases', 'columns'];
  const env = { ...process.env, TMPDIR: temporary };
  const run = spawn(process.execPath, args, { cwd: ROOT, env, stdio: 'ignore' });
  onTestFinished(() => void run.kill('SIGKILL'));
  const written = () => readdirSync(temporary, { recursive: true }).some((name) => String(name).endsWith('data'));
  while (!written()) await sleep(5);
  run.kill('SIGTERM');
  expect(await once(run, 'exit')).toEqual([143, null]);
  expect(readdirSync(temporary)).toEqual([]);
});
