import { open, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { LockstepError } from '@lockstep/core';
import { describeArrow } from './arrow.ts';
import { MANIFEST_NAME } from '../run/manifest.ts';
import { describeConfig } from './config.ts';
import type { Description, InspectOptions } from './description.ts';
import { describeParquet } from './parquet.ts';
import { describeRun } from './run.ts';
import { describeSafetensors } from './safetensors.ts';
import { describeConverted } from './table.ts';

type Kind = 'arrow' | 'parquet' | 'table' | 'safetensors' | 'config' | 'run';

const DESCRIBERS: { readonly [K in Kind]: (file: string, options: InspectOptions) => Promise<Description> } = {
  arrow: describeArrow,
  parquet: describeParquet,
  table: describeConverted,
  safetensors: describeSafetensors,
  config: describeConfig,
  run: describeRun,
};

const CONFIG_EXTENSIONS = new Set(['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']);

/** `lockstep inspect`: returns what goes to standard output. */
export async function inspect(file: string, json: boolean, options: Partial<InspectOptions> = {}): Promise<string> {
  const kind = await kindOf(file);
  const { record, text } = await DESCRIBERS[kind](file, { checksums: false, statistics: false, ...options });
  return json ? `${JSON.stringify({ kind, file, ...record })}\n` : `${text}\n`;
}

/** By content where the format has a mark, else by name. Throws FILE_NOT_FOUND and FILE_INVALID. */
async function kindOf(file: string): Promise<Kind> {
  if (await holds(file, MANIFEST_NAME)) return 'run';
  if (await holds(file, 'index.json')) return 'table';
  const extension = extname(file);
  const start = await readStart(file);
  // The second is how streams of record batches begin.
  const isStream = start.length >= 4 && start.readInt32LE(0) === -1;
  if (start.toString('latin1', 0, 6) === 'ARROW1' || isStream || extension === '.arrow') return 'arrow';
  if (start.toString('latin1', 0, 4) === 'PAR1' || extension === '.parquet') return 'parquet';
  // A safetensors file begins with the length of its header, which is a JSON object.
  if (extension === '.safetensors' || (start.length > 8 && start[8] === 0x7b && start.readUInt32LE(4) === 0)) {
    return 'safetensors';
  }
  if (CONFIG_EXTENSIONS.has(extension)) return 'config';
  throw new LockstepError('FILE_INVALID', {
    place: file,
    expected: 'an Arrow or Parquet file, a safetensors file or a config module (.ts, .js)',
    received: `a file that begins with ${JSON.stringify(start.toString('latin1'))}`,
    advice: 'Convert tables of other formats: lockstep convert.',
  });
}

async function holds(path: string, name: string): Promise<boolean> {
  return stat(join(path, name)).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

async function readStart(file: string): Promise<Buffer> {
  const stats = await stat(file).catch((cause: unknown) => {
    throw missing(file, 'no such file', cause);
  });
  if (!stats.isFile())
    throw missing(
      file,
      stats.isDirectory() ? 'a directory that is neither of a run nor converted data' : 'something else',
    );
  const handle = await open(file);
  try {
    const buffer = Buffer.alloc(16);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function missing(file: string, received: string, cause?: unknown): LockstepError {
  const advice = `It was looked up from ${process.cwd()}.`;
  return new LockstepError('FILE_NOT_FOUND', { place: file, expected: 'a readable file', received, advice, cause });
}
