import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { LockstepError } from '../errors.ts';
import { damage, randomNumbers, seal } from '../testing/checkpointDamage.ts';
import { exampleState, weightsHashOf } from '../testing/checkpoints.ts';
import { readModelFile } from '../train/modelFile.ts';
import { readCheckpoint, readCheckpointHeader, writeCheckpoint } from './file.ts';
import { encodeMetadata } from './format.ts';

/** The normal suite's cases, or as many as a soak asks for. */
const CASES = Number(process.env['LOCKSTEP_SOAK_CASES'] ?? 500);
const MOST_MILLISECONDS = 1000;

const folder = mkdtempSync(join(tmpdir(), 'lockstep-damage-'));
const path = join(folder, 'file.safetensors');
afterAll(() => rmSync(folder, { recursive: true }));

async function timed<T>(work: () => Promise<T>): Promise<{ result: T | LockstepError; milliseconds: number }> {
  const begin = performance.now();
  const result = await work().catch((error: unknown) => {
    if (error instanceof LockstepError) return error;
    throw error;
  });
  return { result, milliseconds: performance.now() - begin };
}

test(
  `${CASES} damaged files are refused, or are checkpoints that can be written again`,
  async () => {
    await writeCheckpoint(path, exampleState());
    const whole = readFileSync(path);
    expect(seal(whole).equals(whole)).toBe(true);
    const outcomes = new Map<string, number>();
    let slowest = 0;
    for (let seed = 0; seed < CASES; seed++) {
      const { kind, file } = damage(whole, randomNumbers(seed));
      writeFileSync(path, file);
      const name = `seed ${seed}, ${kind}`;
      const { result, milliseconds } = await timed(() => readCheckpoint(path));
      const header = await timed(() => readCheckpointHeader(path));
      const model = await timed(() => readModelFile(path));
      slowest = Math.max(slowest, milliseconds, header.milliseconds, model.milliseconds);
      if (slowest > MOST_MILLISECONDS) throw new Error(`${name}: ${slowest} ms`);
      if (result instanceof LockstepError) {
        expect(result.code, name).toBe('FILE_INVALID');
        expect(result.place, name).toContain(path);
        expect(result.message.length, name).toBeLessThan(1000);
      } else {
        expect(() => encodeMetadata(result), name).not.toThrow();
        expect(weightsHashOf(result.weights), name).toBe(result.weightsHash);
        expect(
          [header.result, model.result].some((other) => other instanceof LockstepError),
          name,
        ).toBe(false);
      }
      const outcome =
        result instanceof LockstepError ? result.expected.replace(/\d+|"[^"]*"/g, '#').slice(0, 40) : 'read';
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    // Every check is reached, and some damage leaves a checkpoint with other numbers.
    expect(outcomes.get('read')).toBeGreaterThan(CASES / 100);
    expect(outcomes.size).toBeGreaterThan(15);
  },
  60_000 + CASES * 20,
);
