import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { longRun } from './support/longRun.ts';

const SCRIPT = new URL('./support/longRun.ts', import.meta.url).pathname;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'lockstep-signals-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Starts the run in a process of its own, and sends it a signal once it says that it waits for one. */
async function interrupt(directory: string, workers: number, signal: NodeJS.Signals): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, ['--conditions=lockstep-source', SCRIPT, directory, String(workers)]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  lines.once('line', () => child.kill(signal));
  const [, endedBy] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return endedBy;
}

test.each([
  ['SIGINT', 1],
  ['SIGTERM', 2],
] as const)(
  '%s ends the process of it, with a checkpoint, %i workers',
  { timeout: 40_000 },
  async (signal, workers) => {
    const directory = folder();
    expect(await interrupt(directory, workers, signal)).toBe(signal);
    expect(readdirSync(directory)).toHaveLength(1);

    const resumed = await longRun(directory, 3 - workers, 6);
    expect(resumed.resumedFrom).toContain('checkpoint-');
    expect(resumed.weightsHash).toBe((await longRun(folder(), 1, 6)).weightsHash);
  },
);

test('without a signal nothing is left that listens', async () => {
  const before = ['SIGINT', 'SIGTERM'].map((signal) => process.listenerCount(signal));
  await longRun(folder(), 1, 1);
  expect(['SIGINT', 'SIGTERM'].map((signal) => process.listenerCount(signal))).toEqual(before);
});
