import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { CheckpointStore } from './store.ts';

/** How often a writer is killed; a soak asks for a thousandth of its cases more. */
const KILLS = 5 + Math.floor(Number(process.env['LOCKSTEP_SOAK_CASES'] ?? 0) / 1000);

/** 1.8 MB a checkpoint, so that most of the time one is being written. */
const UNITS = 20_000;

const directory = mkdtempSync(join(tmpdir(), 'lockstep-kill-'));
afterAll(() => rmSync(directory, { recursive: true }));

const temporaries = (): string[] => readdirSync(directory).filter((name) => name.endsWith('.tmp'));

test('a writer that is killed leaves whole checkpoints, and what it left half is cleared by the next', async () => {
  const program = fileURLToPath(new URL('../testing/checkpointWriter.ts', import.meta.url));
  let newestSteps = 0;
  let leftHalf = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(process.execPath, ['--conditions=lockstep-source', program, directory, String(UNITS)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    // In the middle of one, as far as the system lets it be seen.
    const deadline = performance.now() + 5000;
    while (temporaries().length === 0 && performance.now() < deadline);
    child.kill('SIGKILL');
    expect(await exited).toEqual([null, 'SIGKILL']);
    if (temporaries().length > 0) leftHalf++;

    const store = await CheckpointStore.open(directory);
    expect(temporaries()).toEqual([]);
    const torn: string[] = [];
    const newest = await store.newest((path) => torn.push(path));
    // A rename is atomic: no file under a checkpoint's name was ever torn, and each run went on beyond the last.
    expect(torn).toEqual([]);
    expect(newest?.path).toBe((await store.list())[0].path);
    expect(newest?.state.position.steps).toBeGreaterThan(newestSteps);
    newestSteps = newest!.state.position.steps;
  }
  expect(leftHalf).toBeGreaterThan(0);
}, 120_000);
