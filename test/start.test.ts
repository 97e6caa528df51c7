import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const RUN = path('../preflight/run.mjs');
const MAIN = path('../packages/cli/src/main.ts');

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-start-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs Node on the sources with a compile cache of its own, and says what it printed and how much was kept there. */
function start(args: readonly string[], environment: Record<string, string> = {}) {
  const cache = mkdtempSync(join(folder, 'cache-'));
  const { NODE_OPTIONS: _, NODE_DISABLE_COMPILE_CACHE: __, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=lockstep-source', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...env, NODE_COMPILE_CACHE: cache, ...environment },
  });
  const kept = readdirSync(cache, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
  return { status, stdout, stderr, kept };
}

describe('preflight/run.mjs', () => {
  /** Prints its arguments, and whether a thread keeps compiled code too. */
  const PROGRAM = `
import { getCompileCacheDir } from 'node:module';
import { isMainThread, Worker } from 'node:worker_threads';
const report: unknown[] = [process.argv.slice(1), getCompileCacheDir() !== undefined];
console.log(JSON.stringify(isMainThread ? report : report.at(-1)));
if (isMainThread) new Worker(import.meta.filename).on('exit', () => process.exit(3));
`;
  beforeAll(() => writeFileSync(join(folder, 'program.ts'), PROGRAM));

  it('hands arguments and exit code through, and keeps compiled code in all threads', () => {
    const { status, stdout, stderr, kept } = start([RUN, 'program.ts', '--workers', '2']);
    expect(stderr).toBe('');
    expect(stdout).toBe(`${JSON.stringify([[join(folder, 'program.ts'), '--workers', '2'], true])}\ntrue\n`);
    expect(status).toBe(3);
    expect(kept).toBeGreaterThan(0);
  });

  it('keeps nothing with NODE_DISABLE_COMPILE_CACHE', () => {
    const { stdout, kept } = start([RUN, 'program.ts'], { NODE_DISABLE_COMPILE_CACHE: '1' });
    expect(stdout).toBe(`${JSON.stringify([[join(folder, 'program.ts')], false])}\nfalse\n`);
    expect(kept).toBe(0);
  });
});

describe('lockstep', () => {
  it('keeps its compiled code for the next start', () => {
    const { status, kept } = start([MAIN, '--help']);
    expect(status).toBe(0);
    expect(kept).toBeGreaterThan(3);
  });

  it('keeps nothing with NODE_DISABLE_COMPILE_CACHE', () => {
    const { status, stdout, kept } = start([MAIN, '--help'], { NODE_DISABLE_COMPILE_CACHE: '1' });
    expect(status).toBe(0);
    expect(stdout).toContain('train');
    expect(kept).toBe(0);
  });

  it('starts where nothing can be kept', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { status, stderr } = start([MAIN, '--help'], { NODE_COMPILE_CACHE: join(file, 'below') });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
