import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty folder, removed when the test has finished. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Steps of the checkpoints in a folder, as their names say, in order. */
export function checkpointSteps(folder: string): number[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => /^checkpoint-(\d{12})\.safetensors$/.exec(name)?.[1])
    .filter((steps) => steps !== undefined)
    .map(Number)
    .toSorted((a, b) => a - b);
}

/** The newest checkpoint's path. */
export function newestCheckpoint(folder: string): string {
  const steps = checkpointSteps(folder).at(-1) ?? 0;
  return join(folder, `checkpoint-${String(steps).padStart(12, '0')}.safetensors`);
}
