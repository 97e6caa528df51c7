import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** A module of bench/, whose files belong to another project of the compiler. */
const load = (file: string) => import(new URL(`../bench/${file}`, import.meta.url).href);

const { geometricMean, spread } = await load('harness/statistics.ts');
const { interleave } = await load('harness/interleave.ts');
const { measureInChild } = await load('harness/child.ts');
const { checkStepAnswer } = await load('peers/protocol.ts');
const { comparePeers } = await load('step/run.ts');
const { printSteps } = await load('step/print.ts');
const { renderAll } = await load('report/render.ts');

function node(...args: string[]) {
  const options = { cwd: ROOT, encoding: 'utf8', timeout: 30_000 } as const;
  return spawnSync(process.execPath, ['--conditions=lockstep-source', ...args], options);
}

test('spread is minimum and median, geometricMean treats 2 and 1/2 alike', () => {
  expect(spread([3, 1, 2])).toEqual({ min: 1, median: 2 });
  expect(spread([4, 1, 2, 3])).toEqual({ min: 1, median: 2.5 });
  expect(geometricMean([2, 0.5])).toBeCloseTo(1, 12);
  expect(geometricMean([2, 8])).toBeCloseTo(4, 12);
  expect(() => spread([])).toThrow('at least one value');
  expect(() => geometricMean([])).toThrow('at least one value');
});

describe('a process that measures', () => {
  const script = (code: string) => ({ file: process.execPath, args: ['-e', code] });
  const measure = (command: object, limitMs = 10_000) => measureInChild(command, limitMs, checkStepAnswer);
  const answer = { version: 'x 1', note: '', peakRss: 1, microseconds: [2, 1], steps: 2 };

  test('is read from the last line that it prints', async () => {
    const code = `console.log('hello'); console.log(${JSON.stringify(JSON.stringify(answer))})`;
    const outcome = await measure(script(code));
    expect(outcome).toMatchObject({ value: answer, failure: null });
    expect(outcome.wallMs).toBeGreaterThan(1);
  });

  test.each([
    ['fails', `throw new TypeError('no such kernel')`, 'failed', 'exit 1: TypeError: no such kernel'],
    ['ends by a signal', `process.kill(process.pid, 'SIGTERM')`, 'failed', 'exit SIGTERM: no message'],
    ['prints nothing', '', 'failed', 'expected JSON, printed nothing'],
    ['prints garbage', `console.log('12 ms')`, 'failed', 'expected JSON, printed "12 ms"'],
    ['lacks a field', `console.log('{"microseconds":[1]}')`, 'failed', 'version: expected a text'],
    [
      'measures nonsense',
      `console.log('{"microseconds":[-1]}')`,
      'failed',
      'microseconds[0]: expected a number from 0',
    ],
    ['lacks its peer', `console.log('{"absent":"x not installed"}')`, 'absent', 'x not installed'],
  ])('that %s is reported', async (_, code, kind, reason) => {
    const { failure, value } = await measure(script(code));
    expect(value).toBeNull();
    expect(failure.kind).toBe(kind);
    expect(failure.reason).toContain(reason);
  });

  test('that does not exist is absent', async () => {
    const { failure } = await measure({ file: join(ROOT, 'no-such-program'), args: [] });
    expect(failure).toMatchObject({ kind: 'absent', reason: expect.stringContaining('no-such-program') });
  });

  test('that hangs is ended with what it has started', async () => {
    const child = `require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e3)'], { stdio: 'inherit' })`;
    const outcome = await measure(script(`${child}; setInterval(() => {}, 1e3)`), 400);
    expect(outcome.failure).toEqual({ kind: 'timed out', reason: 'no answer within 0.4 s' });
    // The grandchild holds the same output: had it lived on, the answer would never have come.
    expect(outcome.wallMs).toBeLessThan(5000);
  });
});

describe('interleave', () => {
  /** A point that answers with the next of `times`; undefined is a failure. */
  function fake(peer: string, setting: string, times: (number | undefined)[], log: string[], wallMs = 1) {
    return {
      peer,
      setting,
      measure: () => {
        log.push(peer + setting);
        const value = times.shift();
        const failure = value === undefined ? { kind: 'failed', reason: 'broken' } : null;
        return Promise.resolve({ value: value ?? null, failure, wallMs });
      },
    };
  }
  const cost = (time: number) => time;

  test('takes every point in turn, round by round', async () => {
    const log: string[] = [];
    const points = ['a', 'b', 'c'].map((peer) => fake(peer, '', [1, 2, 3], log));
    const series = await interleave(points, { rounds: 3, cost, slowMs: 100 });
    expect(log.join('')).toBe('abcabcabc');
    expect(series.map(({ answers }: { answers: number[] }) => answers)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  test('leaves out what failed, what is very slow, and settings that another of the same peer clearly beats', async () => {
    const log: string[] = [];
    const points = [
      fake('a', '1', [10, 10], log),
      fake('a', '2', [17, 17], log),
      fake('a', '3', [19, 19], log),
      fake('b', '1', [1000, 1000], log),
      fake('c', '1', [undefined, 1], log),
      fake('d', '1', [1, 1], log, 500),
      fake('e', '1', [1, undefined], log),
    ];
    const series = await interleave(points, { rounds: 3, cost, slowMs: 100 });
    expect(log.join(' ')).toBe('a1 a2 a3 b1 c1 d1 e1 a1 a2 b1 e1 a1 a2 b1');
    expect(series[4]).toMatchObject({ answers: [], failure: { reason: 'broken' } });
    expect(series[6]).toMatchObject({ answers: [1], failure: { reason: 'broken' } });
  });
});

test('a peer that is absent stands in the table with its reason, and has no ratio', () => {
  const answer = (microseconds: number[]) => ({ version: 'x 1', note: '', peakRss: 1, microseconds, steps: 4 });
  const labels = [
    { name: 'lockstep', label: 'Lockstep' },
    { name: 'fast', label: 'Fast' },
    { name: 'gone', label: 'Gone' },
  ];
  const peers = comparePeers(labels, [
    { peer: 'lockstep', setting: '1 worker', answers: [answer([20, 30])], failure: null, wallMs: [] },
    { peer: 'lockstep', setting: '2 workers', answers: [answer([10, 12, 14])], failure: null, wallMs: [] },
    { peer: 'fast', setting: '', answers: [answer([5, 6]), answer([4, 9])], failure: null, wallMs: [] },
    { peer: 'gone', setting: '', answers: [], failure: { kind: 'absent', reason: 'not installed' }, wallMs: [] },
  ]);
  expect(peers[0]).toMatchObject({ best: '2 workers', min: 10, median: 12 });
  expect(peers[1].ratio).toEqual({ min: 0.4, median: 5.5 / 12 });
  expect(peers[2]).toMatchObject({ best: null, min: null, ratio: null });
  const text = printSteps([{ name: 'case', operations: 1, peers }]);
  expect(text).toMatch(/^Fast +4\.00 µs +5\.50 µs +2 +0\.40 × +0\.46 ×$/m);
  expect(text).toMatch(/^Gone +absent/m);
  expect(text).toContain('Gone: absent: not installed');
});

test('a quick run of Lockstep alone writes its figures, and they can be rendered', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const json = join(folder, 'results.json');
  const args = ['step', '--quick', '--peers', 'none', '--cases', '2-8-8-2', '--json', json];
  const run = node('bench/main.ts', ...args);
  expect([run.status, run.stderr]).toEqual([0, 'step: 2-8-8-2, batch 32, Adam\n']);
  const results = JSON.parse(readFileSync(json, 'utf8'));
  expect(results).toMatchObject({ format: 1, gemm: null, machine: { node: process.versions.node } });
  expect(results.command).toBe(`npx -y pnpm@12 bench ${args.join(' ')}`);
  const [{ peers }] = results.step;
  expect(peers).toHaveLength(1);
  expect(peers[0].ratio).toEqual({ min: 1, median: 1 });
  expect(peers[0].min).toBeGreaterThan(0.1);
  expect(run.stdout).toMatch(/^Lockstep, 1 worker +[\d.]+ µs/m);

  const rendered = renderAll(results, '<!-- benchmarks:begin --><!-- benchmarks:end -->');
  expect(rendered['docs/benchmarks/report.html']).toContain('2-8-8-2, batch 32, Adam: every setting');
  expect(rendered['README.md']).toContain(results.command);
});

test('the arguments are checked', () => {
  for (const [args, message] of [
    [['stepp'], 'no part stepp; there are gemm, step'],
    [['step', '--peers', 'torch'], 'no peer torch; there are lockstep, pytorch'],
    [['step', '--cases', '3-3'], 'no case named 3-3'],
    [['--rounds', '0'], '--rounds is a whole number from 1, not 0'],
  ] as const) {
    const { status, stderr } = node('bench/main.ts', ...args);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
  }
});

describe('what shows the committed figures', () => {
  test('is what rendering them gives: else run `npx -y pnpm@12 bench:report`', () => {
    const { status, stderr } = node('bench/report/main.ts', '--check');
    expect([stderr, status]).toEqual(['', 0]);
  });

  test('asks for nothing from elsewhere', () => {
    for (const name of ['report.html', 'speed.svg']) {
      const text = readFileSync(join(ROOT, 'docs/benchmarks', name), 'utf8');
      // The name of the language is no address.
      const addresses = text.replaceAll('xmlns="http://www.w3.org/2000/svg"', '');
      expect(addresses).not.toMatch(/https?:|url\(|@import|<script|<link|<img|src=/);
      expect(text).toContain('role="img"');
    }
  });

  test('names every peer of the figures, and every failure', () => {
    const { step } = JSON.parse(readFileSync(join(ROOT, 'docs/benchmarks/latest.json'), 'utf8'));
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const page = readFileSync(join(ROOT, 'docs/benchmarks/report.html'), 'utf8');
    for (const { name, peers } of step) {
      expect(readme).toContain(`| ${name} `);
      for (const { label, settings } of peers) {
        expect(readme).toContain(label);
        for (const { failure } of settings) if (failure !== null) expect(page).toContain(failure.kind);
      }
    }
  });
});
