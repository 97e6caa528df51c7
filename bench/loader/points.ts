import { fileURLToPath } from 'node:url';
import { type Command, measureInChild } from '../harness/child.ts';
import type { Point } from '../harness/interleave.ts';
import type { TableFile } from './files.ts';
import {
  type ArrowRequest,
  type BatchesRequest,
  checkPassesAnswer,
  type LoaderRequest,
  type PassesAnswer,
  type RawRequest,
} from './protocol.ts';
import { checkTrainAnswer, type TrainAnswer, type TrainRequest } from './trainProtocol.ts';

/** Who is measured, as tables name them; ratios are of the best settings of two. */
export const PEER = {
  inOrder: 'Lockstep, in order',
  shuffled: 'Lockstep, shuffled',
  raw: 'raw read',
  copy: 'apache-arrow, copied',
  get: 'apache-arrow, get() of the table’s columns',
  getOfBatch: 'apache-arrow, get() of a record batch’s columns',
  convert: 'convertCsv',
} as const;

/** How long a process may take, and how long its passes. */
export interface Limits {
  readonly budgetMs: number;
  readonly limitMs: number;
}

/** Settings of a raw read: what is best differs from processor to processor, and the best is the yardstick. */
const CHUNK_BYTES = [2 ** 18, 2 ** 20, 2 ** 22, 2 ** 24, 2 ** 26];
/** At the beginning of a page, where the file's pages begin too; a cache line behind it; as far from it as can be. */
const OFFSETS = [0, 64, 2048];

function program(file: string, request: unknown, ...options: readonly string[]): Command {
  const script = fileURLToPath(new URL(file, import.meta.url));
  return {
    file: process.execPath,
    args: ['--conditions=lockstep-source', ...options, script, JSON.stringify(request)],
  };
}

function point(
  peer: string,
  setting: string,
  file: string,
  request: LoaderRequest,
  limits: Limits,
): Point<PassesAnswer> {
  return { peer, setting, measure: () => measureInChild(program(file, request), limits.limitMs, checkPassesAnswer) };
}

/** Of a table in a file, by `threads` threads that gather beside the loader's; 0: none beside the caller's. */
export function readyBatches(
  { features, label, scale }: TableFile,
  file: string,
  { shuffle, threads }: Pick<BatchesRequest, 'shuffle' | 'threads'>,
  limits: Limits,
): Point<PassesAnswer> {
  const setting = threads === 0 ? 'inline' : `loader and ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const request = { file, features, label, scale, shuffle, threads, budgetMs: limits.budgetMs };
  return point(
    shuffle ? PEER.shuffled : PEER.inOrder,
    setting,
    'readyBatches.ts',
    request satisfies BatchesRequest,
    limits,
  );
}

export function rawReads(file: string, limits: Limits): Point<PassesAnswer>[] {
  const { budgetMs } = limits;
  return CHUNK_BYTES.flatMap((chunkBytes) =>
    OFFSETS.map((offset) => {
      const setting = `${chunkBytes / 1024} KiB, page + ${offset}`;
      return point(
        PEER.raw,
        setting,
        'rawRead.ts',
        { file, chunkBytes, offset, budgetMs } satisfies RawRequest,
        limits,
      );
    }),
  );
}

/** `rows`: of which `get` asks for values. */
export function apacheArrow(
  task: ArrowRequest['task'],
  { features }: TableFile,
  { file, rows }: Pick<ArrowRequest, 'file' | 'rows'>,
  limits: Limits,
): Point<PassesAnswer> {
  const request = { task, file, features, rows, budgetMs: limits.budgetMs };
  return point(PEER[task], '', 'apacheArrow.ts', request satisfies ArrowRequest, limits);
}

export function csvConversion(file: string, limits: Limits): Point<PassesAnswer> {
  return point(PEER.convert, '', 'convertCsv.ts', { file }, limits);
}

export function trainSteps(request: TrainRequest, limits: Limits): Point<TrainAnswer> {
  const counts = ['--import', new URL('waits.ts', import.meta.url).href];
  return {
    peer: request.inMemory ? 'from memory' : 'from the file',
    setting: '',
    measure: () => measureInChild(program('trainSteps.ts', request, ...counts), limits.limitMs, checkTrainAnswer),
  };
}
