import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspect } from './inspect.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-inspect-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('inspect', () => {
  it.each<[string, string, RegExp]>([
    ['text.csv', 'a,b\n1,2\n', /expected an Arrow file, a safetensors file or a config module.*begins with "a,b/],
    ['empty', '', /begins with ""/],
    ['cut.safetensors', 'abc', /cut\.safetensors: expected at least 8 bytes.*FILE_INVALID/],
    ['cut.arrow', 'ARROW1', /cut\.arrow.*FILE_INVALID/],
    ['arrow-without-its-name', 'ARROW1\0\0and nothing more', /FILE_INVALID/],
  ])('refuses %s', async (name, content, message) => {
    const file = join(folder, name);
    writeFileSync(file, content);
    await expect(inspect(file, false)).rejects.toThrow(message);
  });

  it('refuses what is no file', async () => {
    await expect(inspect(folder, false)).rejects.toThrow(/received a directory.*FILE_NOT_FOUND/);
    await expect(inspect(join(folder, 'nothing'), false)).rejects.toThrow(/received no such file.*FILE_NOT_FOUND/);
  });
});
