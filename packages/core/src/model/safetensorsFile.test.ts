import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { encodeSafetensors } from './safetensors.ts';
import { readSafetensors, readSafetensorsHeader } from './safetensorsFile.ts';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-safetensors-'));
const path = join(folder, 'file.safetensors');
afterAll(() => rmSync(folder, { recursive: true }));

const large = Float32Array.from({ length: 700_000 }, (_, i) => i);
const tensors = [
  { name: 'a', shape: [2, 2], data: Float32Array.of(1, NaN, -0, 4) },
  { name: 'empty', shape: [0, 3], data: new Float32Array(0) },
  { name: 'large', shape: [1000, 700], data: large },
];
const metadata = { note: 'x' };
beforeEach(() => writeFileSync(path, encodeSafetensors({ metadata, tensors })));

/** A file of any header length and header, and as large as is said, without taking room on the disk. */
function sparse(headerBytes: number, header: string, bytes: number): void {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(headerBytes));
  writeFileSync(path, Buffer.concat([length, Buffer.from(header)]));
  truncateSync(path, bytes);
}

describe('readSafetensors', () => {
  test('reads what was encoded', async () => {
    expect(await readSafetensors(path)).toEqual({ metadata, tensors });
    const { tensors: places, dataBegin } = await readSafetensorsHeader(path);
    expect(places.map(({ name, begin, end }) => [name, begin, end])).toEqual([
      ['a', 0, 16],
      ['empty', 16, 16],
      ['large', 16, 2_800_016],
    ]);
    expect(dataBegin + 2_800_016).toBe(readFileSync(path).length);
  });

  test('reads the tensors that are wanted alone, and shows the whole data if asked', async () => {
    const pieces: Uint8Array[] = [];
    const only = {
      accept:
        () =>
        ({ name }: { name: string }) =>
          name === 'a',
    };
    expect((await readSafetensors(path, only)).tensors).toEqual([tensors[0]]);
    const onData = (piece: Uint8Array): number => pieces.push(piece.slice());
    expect((await readSafetensors(path, { ...only, onData })).tensors).toEqual([tensors[0]]);
    const { dataBegin } = await readSafetensorsHeader(path);
    expect(Buffer.concat(pieces).equals(readFileSync(path).subarray(dataBegin))).toBe(true);
  });

  test('reads no data when the header is not accepted', async () => {
    const begin = performance.now();
    const bytes = 100e9;
    const entry = { dtype: 'F32', shape: [bytes], data_offsets: [0, 4 * bytes] };
    const json = JSON.stringify({ a: entry });
    sparse(json.length, json, 8 + json.length + 4 * bytes);
    const refuse = (): never => {
      throw new Error('refused');
    };
    await expect(readSafetensors(path, { accept: refuse })).rejects.toThrow('refused');
    await expect(readSafetensors(path)).rejects.toMatchObject({
      code: 'FILE_INVALID',
      expected: 'tensors of at most 17179869184 bytes in all',
      received: '400000000000 bytes',
    });
    expect((await readSafetensorsHeader(path)).tensors).toHaveLength(1);
    expect(performance.now() - begin).toBeLessThan(1000);
  });

  test.each([
    ['a header as large as the file', (): void => sparse(99e9, '{', 100e9), 'at most 16777216 bytes'],
    ['one byte', (): void => truncateSync(path, 1), 'at least 8 bytes'],
    ['a file that lost its end', (): void => truncateSync(path, 2_800_000), 'to take'],
    ['a file that gained some', (): void => truncateSync(path, 3_000_000), 'bytes of data, as the header says'],
  ])('%s', async (_, make, expected) => {
    make();
    for (const read of [readSafetensors, readSafetensorsHeader]) {
      await expect(read(path)).rejects.toMatchObject({
        code: 'FILE_INVALID',
        expected: expect.stringContaining(expected) as string,
      });
    }
  });

  test('limits of the caller', async () => {
    await expect(readSafetensors(path, { headerBytes: 100 })).rejects.toMatchObject({
      expected: 'a header of at most 100 bytes',
    });
    await expect(readSafetensors(path, { dataBytes: 1000 })).rejects.toMatchObject({ received: '2800016 bytes' });
  });

  test('a file that shrinks while it is read', async () => {
    const accept = (): (() => boolean) => {
      truncateSync(path, 1000);
      return () => true;
    };
    await expect(readSafetensors(path, { accept })).rejects.toMatchObject({ code: 'FILE_CHANGED', place: path });
  });

  test('a pipe and a folder', async () => {
    await expect(readSafetensors(folder)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(readSafetensors(pipe)).rejects.toMatchObject({ code: 'FILE_INVALID', place: pipe });
  });
});
