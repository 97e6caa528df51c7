import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { LockstepError } from '../errors.ts';
import { bytesOf, decodeSafetensors, encodeSafetensors } from '../model/safetensors.ts';
import { exampleState, states } from '../testing/checkpoints.ts';
import { readModelFile } from '../train/modelFile.ts';
import { readCheckpoint, readCheckpointHeader, readCheckpointModel, writeCheckpoint } from './file.ts';
import { CHECKSUM_POSITION } from './format.ts';
import type { CheckpointState } from './state.ts';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-checkpoint-'));
const path = join(folder, 'file.safetensors');
afterAll(() => rmSync(folder, { recursive: true }));

/** With bits for floats and a sign for -0, and members as sorted pairs, which prototypes cannot hide. */
function plain(value: unknown): unknown {
  if (Object.is(value, -0)) return '-0';
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Float32Array) return Buffer.from(bytesOf(value)).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  const members = Object.entries(value).map(([name, part]): [string, unknown] => [name, plain(part)]);
  return members.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

describe('a checkpoint', () => {
  test('is read as it was written, bit for bit', async () => {
    await fc.assert(
      fc.asyncProperty(states, async (state) => {
        const bytes = await writeCheckpoint(path, state);
        expect(bytes).toBe(readFileSync(path).length);
        const read = await readCheckpoint(path);
        expect(plain(read)).toEqual(plain(state));
        const { weights, extras: _, ...head } = state;
        expect(plain(await readCheckpointHeader(path))).toEqual(plain(head));
        expect(plain(await readCheckpointModel(path))).toEqual(plain({ spec: state.spec, tensors: weights }));
      }),
      { numRuns: 100 },
    );
  });

  test('is a safetensors file, whose checksum any program can check', async () => {
    const state = exampleState();
    await writeCheckpoint(path, state);
    const file = readFileSync(path);
    const { metadata, tensors } = decodeSafetensors(file, path);
    expect(tensors).toEqual([...state.weights, ...state.extras]);
    expect(Object.keys(metadata)).toEqual(['lockstep.sha256', 'lockstep.spec', 'lockstep.checkpoint']);
    expect(JSON.parse(metadata['lockstep.spec'])).toEqual(state.spec);
    expect(JSON.parse(metadata['lockstep.checkpoint'])).toMatchObject({ format: 'lockstep-checkpoint', version: 1 });
    const zeroed = file.toString('latin1').replace(metadata['lockstep.sha256'], '0'.repeat(64));
    expect(createHash('sha256').update(zeroed, 'latin1').digest('hex')).toBe(metadata['lockstep.sha256']);
    expect(file.toString('latin1', CHECKSUM_POSITION, CHECKSUM_POSITION + 64)).toBe(metadata['lockstep.sha256']);
  });

  test('keeps the order of metrics and callbacks', async () => {
    const state = exampleState();
    const metrics = { valLoss: [1, 2], loss: [3, 4], accuracy: [5, 6] };
    await writeCheckpoint(path, { ...state, record: { ...state.record, metrics } });
    const { record } = await readCheckpoint(path);
    expect(Object.keys(record.metrics)).toEqual(['valLoss', 'loss', 'accuracy']);
  });

  test('gives a model, without its extras', async () => {
    const state = exampleState();
    await writeCheckpoint(path, state);
    expect(await readModelFile(path)).toEqual({ spec: state.spec, tensors: state.weights });
  });

  test('has the same bytes when it has the same state', async () => {
    await writeCheckpoint(path, exampleState());
    const first = readFileSync(path);
    await writeCheckpoint(path, exampleState());
    expect(readFileSync(path).equals(first)).toBe(true);
  });
});

describe('a damaged file', () => {
  // Whatever byte changes, it is of the length, the header or the data, all of which the checksum covers, or of the
  // checksum itself. So nothing but a collision of SHA-256 could be read as another state.
  test('with any byte changed is refused', async () => {
    await writeCheckpoint(path, exampleState(3, 1));
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] ^= 1 << (at % 8);
      expect(await outcomeOf(damaged), `byte ${at}`).toBe('FILE_INVALID');
    }
  });

  test('cut anywhere is refused', async () => {
    await writeCheckpoint(path, exampleState(3, 1));
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length++) {
      expect(await outcomeOf(whole.subarray(0, length)), `${length} bytes`).toBe('FILE_INVALID');
    }
  });

  /** The code of the error, unless it took a second. */
  async function outcomeOf(bytes: Uint8Array): Promise<unknown> {
    writeFileSync(path, bytes);
    const begin = performance.now();
    const error = await readCheckpoint(path).catch((thrown: unknown) => thrown);
    const milliseconds = performance.now() - begin;
    if (milliseconds > 1000) return `${milliseconds} ms`;
    return error instanceof LockstepError ? error.code : error;
  }
});

describe('readCheckpoint refuses', () => {
  const invalid = (part: Partial<Record<'place' | 'expected' | 'received' | 'advice', string>>): unknown =>
    expect.objectContaining({
      code: 'FILE_INVALID',
      ...Object.fromEntries(Object.entries(part).map(([name, text]) => [name, expect.stringContaining(text)])),
    });

  test('data that is not of the checksum', async () => {
    await writeCheckpoint(path, exampleState());
    const file = readFileSync(path);
    file[file.length - 1] ^= 1;
    writeFileSync(path, file);
    await expect(readCheckpoint(path)).rejects.toEqual(
      invalid({ place: path, expected: 'SHA-256', advice: 'resume from an older one' }),
    );
    await expect(readModelFile(path)).rejects.toEqual(invalid({ expected: 'SHA-256' }));
    // The header cannot know.
    expect((await readCheckpointHeader(path)).position.steps).toBe(7);
  });

  test('weights that are not of their hash', async () => {
    const state = exampleState();
    await writeCheckpoint(path, { ...state, weightsHash: '1'.repeat(64) });
    await expect(readCheckpoint(path)).rejects.toEqual(invalid({ expected: 'weights of SHA-256 1111' }));
  });

  test('models and files of other programs', async () => {
    const { spec, weights } = exampleState();
    writeFileSync(path, encodeSafetensors({ metadata: { 'lockstep.spec': JSON.stringify(spec) }, tensors: weights }));
    await expect(readCheckpoint(path)).rejects.toEqual(invalid({ received: 'a model', advice: 'loadModel' }));
    writeFileSync(path, encodeSafetensors({ metadata: { format: 'pt' }, tensors: weights }));
    await expect(readCheckpoint(path)).rejects.toEqual(invalid({ received: 'another program' }));
  });

  test('a newer version, and says so', async () => {
    const { spec, weights } = exampleState();
    const checkpoint = JSON.stringify({ format: 'lockstep-checkpoint', version: 2, anything: 'else' });
    const metadata = { 'lockstep.spec': JSON.stringify(spec), 'lockstep.checkpoint': checkpoint };
    writeFileSync(path, encodeSafetensors({ metadata, tensors: weights }));
    for (const read of [readCheckpoint, readCheckpointHeader, readModelFile]) {
      await expect(read(path)).rejects.toEqual(invalid({ received: 'version 2, of a newer Lockstep' }));
    }
  });
});

describe('writeCheckpoint refuses what no reader would take', () => {
  const state = exampleState();
  const [kernel, ...others] = state.weights;
  test.each<[string, Partial<Record<keyof CheckpointState, unknown>>, string]>([
    ['a number that is not finite', { stepState: [1, NaN] }, 'stepState[1]'],
    ['too many numbers', { stepState: Array.from({ length: 65_537 }, () => 0) }, 'stepState'],
    ['half a step', { position: { epoch: 0, step: 0.5, steps: 1 } }, 'position.step'],
    ['a negative epoch', { position: { epoch: -1, step: 0, steps: 1 } }, 'position.epoch'],
    ['more steps of the epoch than in all', { position: { epoch: 0, step: 2, steps: 1 } }, 'position.step'],
    ['steps beyond the names of files', { position: { epoch: 0, step: 0, steps: 1e12 } }, 'position.steps'],
    ['another member', { position: { epoch: 0, step: 0, steps: 1, rest: 1 } }, 'position.rest'],
    ['no record', { record: undefined }, 'record'],
    ['metrics of other lengths', { record: { ...state.record, metrics: { loss: [1] } } }, 'record.metrics.loss'],
    ['a metric that is text', { record: { ...state.record, metrics: { loss: [1, 'x'] } } }, 'record.metrics.loss[1]'],
    ['an infinite best', { best: { monitor: 'loss', value: Infinity, steps: 0 } }, 'best.value'],
    ['a hash that is none', { weightsHash: 'A'.repeat(64) }, 'weightsHash'],
    ['a callback that gives NaN', { callbacks: { mine: { best: [NaN] } } }, 'callbacks.mine.best[0]'],
    ['a callback that gives a map', { callbacks: { mine: new Map() } }, 'callbacks.mine'],
    ['a configuration that is a list', { configuration: [] }, 'configuration'],
    ['no weights', { weights: [] }, 'weights'],
    ['weights in another order', { weights: [...others, kernel] }, 'tensor 0'],
    ['weights of another shape', { weights: [{ ...kernel, shape: [3, 4] }, ...others] }, 'tensor 0'],
  ])('%s', async (_, change, place) => {
    rmSync(path, { force: true });
    const write = async (): Promise<number> => writeCheckpoint(path, { ...state, ...change } as CheckpointState);
    await expect(write()).rejects.toMatchObject({
      code: 'INVALID_DATA',
      place: expect.stringMatching(new RegExp(`^checkpoint(: |\\.)${place.replace(/[[\].]/g, '\\$&')}$`)) as string,
    });
    expect(() => readFileSync(path)).toThrow('ENOENT');
  });

  test('extras of a name twice', async () => {
    const write = async (): Promise<number> => writeCheckpoint(path, { ...state, extras: state.weights });
    await expect(write()).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
