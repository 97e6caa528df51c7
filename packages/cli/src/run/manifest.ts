import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LockstepError, type RunManifest } from '@lockstep/core';
import { writeAtomically } from '@lockstep/core/files';
import type { RunFlags } from '../flags.ts';

/** One process that worked on a run. */
export interface Session {
  readonly startedAt: string;
  /** As they held, those that were kept from an earlier session included. */
  readonly flags: RunFlags;
  /** The options that decide how far the run goes and how, but not its weights: those are in `configuration`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Absolute, and the SHA-256 of its content. The modules and data that it loads are not in it. */
  readonly config: { readonly path: string; readonly sha256: string };
  /** The directory from which relative paths in the config are looked up. */
  readonly cwd: string;
  /** The checkpoint that it went on from: relative to the run directory, or absolute when it is of another run. */
  readonly from: { readonly file: string; readonly epoch: number; readonly steps: number } | null;
  readonly workers: RunManifest['workers'];
  readonly kernels: RunManifest['kernels'];
  readonly machine: RunManifest['machine'];
  readonly versions: RunManifest['versions'];
}

/** The content of manifest.json: what decides the weights, how the run began, and each time that it went on. */
export interface RunFile extends RunManifest, Session {
  /** SHA-256 of the weights before the first step. */
  readonly initialWeightsHash: string;
  /** Training steps of a full epoch. */
  readonly stepsPerEpoch: number;
  /** What was evaluated after training. */
  readonly test: { readonly rows: number; readonly fingerprint: string } | null;
  readonly resumptions: readonly Session[];
}

export const MANIFEST_NAME = 'manifest.json';

/** The one that worked on a run last. */
export function lastSession(run: RunFile): Session {
  return run.resumptions.at(-1) ?? run;
}

/** Throws FILE_NOT_WRITTEN. */
export async function writeRunFile(directory: string, content: RunFile): Promise<void> {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  await writeAtomically(join(directory, MANIFEST_NAME), (file) => file.write(Buffer.from(text)));
}

/** Reads the manifest of a run directory; null when there is none. Throws FILE_INVALID and FILE_NOT_FOUND. */
export async function readRunFile(directory: string): Promise<RunFile | null> {
  const path = join(directory, MANIFEST_NAME);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new LockstepError('FILE_NOT_FOUND', {
      place: path,
      expected: 'a readable file',
      received: message,
      advice: 'Check its permissions.',
      cause,
    });
  }
  return check(parse(text, path), path);
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(path, 'JSON', (cause as Error).message);
  }
}

const OBJECTS = ['configuration', 'kernels', 'machine', 'versions', 'flags', 'options', 'config'] as const;
const TEXTS = ['configurationHash', 'initialWeightsHash', 'startedAt', 'cwd'] as const;

/** As much of its form as the command relies on. */
function check(value: unknown, path: string): RunFile {
  if (!isObject(value)) throw invalid(path, 'an object', JSON.stringify(value));
  if (value['version'] !== 1) throw invalid(path, 'version 1', `version ${JSON.stringify(value['version'])}`);
  const object = OBJECTS.find((name) => !isObject(value[name]));
  if (object !== undefined) throw invalid(path, `an object "${object}"`, JSON.stringify(value[object]) ?? 'nothing');
  const text = TEXTS.find((name) => typeof value[name] !== 'string');
  if (text !== undefined) throw invalid(path, `text "${text}"`, JSON.stringify(value[text]) ?? 'nothing');
  const { config, resumptions, stepsPerEpoch } = value;
  if (!isObject(config) || typeof config['path'] !== 'string' || typeof config['sha256'] !== 'string') {
    throw invalid(path, '"config" with path and sha256', JSON.stringify(config));
  }
  if (!Array.isArray(resumptions) || !resumptions.every(isObject)) {
    throw invalid(path, 'a list "resumptions"', JSON.stringify(resumptions) ?? 'nothing');
  }
  if (!Number.isSafeInteger(stepsPerEpoch) || (stepsPerEpoch as number) < 1) {
    throw invalid(path, 'a whole number "stepsPerEpoch"', JSON.stringify(stepsPerEpoch) ?? 'nothing');
  }
  return value as unknown as RunFile;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(place: string, expected: string, received: string): LockstepError {
  return new LockstepError('FILE_INVALID', {
    place,
    expected,
    received: received.slice(0, 200),
    advice:
      'Was it written by another version, or changed? A checkpoint of the run can be given by itself: --resume FILE.',
  });
}
