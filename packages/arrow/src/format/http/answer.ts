/** What a server answers: whether it is the range that was asked for, of the file that it was asked of. */
import { LockstepError } from '@lockstep/core/source';
import { changedFile, invalidFile } from '../errors.ts';
import type { HttpStamp } from './layout.ts';
import type { Answer } from './send.ts';

/** What a server may ask to wait with `Retry-After`, in milliseconds. */
const LONGEST_ASKED_WAIT = 5000;
/** A timeout, too early, too many requests; what begins with a 5 is temporary too. */
const TEMPORARY: ReadonlySet<number> = new Set([408, 425, 429]);

/** An answer that another attempt may better. */
export interface Failure {
  readonly expected: string;
  readonly received: string;
  readonly cause?: unknown;
  /** Milliseconds that the server asks to wait. */
  readonly wait?: number;
}

/** The stamp of an answer that has the range; a failure where it may come yet; an error where it will not. */
export function checkAnswer(
  where: string,
  answer: Answer,
  position: number,
  length: number,
  stamp: HttpStamp | undefined,
): HttpStamp | Failure {
  const { status, headers, received } = answer;
  if (status !== 206) return checkStatus(where, answer, stamp);
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw failed(where, { expected: 'bytes as they are in the file', received: `Content-Encoding ${encoding}` });
  }
  const content = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(headers['content-range'] ?? '');
  const [begin, end, size] = (content ?? []).slice(1).map(Number);
  const found = stampOf(where, headers, size ?? 0);
  if (content !== null && stamp !== undefined) requireSame(where, found, stamp);
  if (content === null || begin !== position || end !== Math.min(position + length, size) - 1) {
    const expected = `Content-Range bytes ${position}-${position + length - 1}/size`;
    throw failed(where, { expected, received: (headers['content-range'] ?? 'none').slice(0, 80) });
  }
  if (received === end - begin + 1) return found;
  return { expected: `${end - begin + 1} bytes`, received: `status 206 with ${received} bytes` };
}

function checkStatus(where: string, { status, headers }: Answer, stamp: HttpStamp | undefined): Failure {
  const received = `status ${status}`;
  const expected = 'status 206 with the range';
  if (TEMPORARY.has(status) || (status >= 500 && status !== 501 && status !== 505)) {
    const wait = waitOf(headers['retry-after']);
    return { expected, received, ...(wait === undefined ? {} : { wait }) };
  }
  if (stamp !== undefined) {
    if (status === 404 || status === 410 || status === 412 || status === 416) {
      throw changedFile({ place: where, expected: describeStamp(stamp), received });
    }
    if (status === 200) requireSame(where, stampOf(where, headers, stamp.size), stamp);
  }
  if (status === 404 || status === 410) {
    throw new LockstepError('FILE_NOT_FOUND', {
      ...{ place: where, expected: 'a file at this address', received },
      advice: 'Check the address, and whether it takes `http.headers` to see the file.',
    });
  }
  if (status === 416) throw invalidFile({ place: where, expected: 'an Arrow IPC file', received: 'an empty file' });
  if (status === 200) {
    throw new LockstepError('UNSUPPORTED', {
      ...{ place: where, expected: 'a server that gives ranges of a file: status 206', received },
      advice: 'It only gives whole files: download the file first, or use another server.',
    });
  }
  const isForbidden = status === 401 || status === 403;
  throw failed(where, { expected, received }, isForbidden ? 'Check `http.headers`, such as authorization.' : undefined);
}

function stampOf(where: string, headers: Answer['headers'], size: number): HttpStamp {
  const { etag, 'last-modified': modified } = headers;
  if (etag !== undefined) return { size, tag: etag, header: 'etag' };
  if (modified !== undefined) return { size, tag: modified, header: 'last-modified' };
  throw new LockstepError('UNSUPPORTED', {
    place: where,
    expected: 'an ETag or Last-Modified of the file',
    received: 'neither',
    advice: 'Without one a change between two requests could not be seen: download the file first.',
  });
}

function requireSame(where: string, found: HttpStamp, stamp: HttpStamp): void {
  if (found.size === stamp.size && found.tag === stamp.tag && found.header === stamp.header) return;
  throw changedFile({ place: where, expected: describeStamp(stamp), received: describeStamp(found) });
}

function describeStamp({ size, tag, header }: HttpStamp): string {
  return `${size} bytes with the ${header} ${tag.slice(0, 80)}`;
}

/** Seconds or a date, as milliseconds from now, no more than the longest; undefined where it is neither. */
function waitOf(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  const seconds = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isFinite(seconds) ? Math.min(Math.max(0, seconds), LONGEST_ASKED_WAIT) : undefined;
}

/** Of what does not come, or would come again. */
export function failed(
  where: string,
  { expected, received, cause }: Failure,
  advice = 'Check the address and the server; where it is slow, raise `http.timeout` or `http.retries`, or download the file.',
): LockstepError {
  return new LockstepError('HTTP_FAILED', {
    ...{ place: where, expected, received, advice, cause },
  });
}
