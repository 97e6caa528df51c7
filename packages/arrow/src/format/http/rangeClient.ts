/** Ranges of a file on a server: asked for, and asked for again where that may help. */
import { setTimeout } from 'node:timers/promises';
import { LockstepError } from '@lockstep/core/source';
import type { FileRange } from '../arrowFile.ts';
import { invalidFile, place } from '../errors.ts';
import { checkAnswer, failed } from './answer.ts';
import type { Failure } from './answer.ts';
import { joinRanges, requestsOf } from './fetchedBytes.ts';
import type { FetchedRun } from './fetchedBytes.ts';
import type { HttpOrigin, HttpStamp } from './layout.ts';
import { Connections, Refusal, send } from './send.ts';

/** Of one file at a time. */
const PARALLEL_REQUESTS = 6;
/** More is held in memory for no reading: a compressed buffer is the largest. */
const LARGEST_FETCH = 2 ** 30 + 2 ** 24;
/** Milliseconds before the first retry; each further wait is twice as long, up to the longest. */
const FIRST_WAIT = 100;
const LONGEST_WAIT = 2000;

/** The connections to one file, and what is asked over them. */
export class RangeClient {
  private readonly origin: HttpOrigin;
  private readonly connections = new Connections();
  private readonly closing = new AbortController();

  constructor(origin: HttpOrigin) {
    this.origin = origin;
  }

  /** Several ranges, of which neighbours come as one. Errors: as `fetchInto`. */
  async fetchAll(ranges: readonly FileRange[], stamp: HttpStamp): Promise<FetchedRun[]> {
    const joined = joinRanges(ranges);
    const total = joined.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total > LARGEST_FETCH) {
      const expected = `at most ${LARGEST_FETCH} bytes to be read at once`;
      throw invalidFile({ place: this.origin.name, expected, received: String(total) });
    }
    const runs = joined.map(({ offset, bytes }) => ({ offset, content: new Uint8Array(bytes) }));
    const requests = runs.flatMap(({ offset, content }) => {
      return requestsOf(content.length).map(({ begin, end }) => ({
        target: content.subarray(begin, end),
        position: offset + begin,
      }));
    });
    const failing = new AbortController();
    const signal = AbortSignal.any([this.closing.signal, failing.signal]);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < requests.length) {
        const { target, position } = requests[next++];
        await this.fetchInto(target, position, stamp, signal);
      }
    };
    const workers = Array.from({ length: Math.min(PARALLEL_REQUESTS, requests.length) }, work);
    try {
      await Promise.all(workers);
    } catch (error) {
      // The others would go on for nobody.
      failing.abort();
      await Promise.allSettled(workers);
      throw error;
    }
    return runs;
  }

  /**
   * Fills the target with the bytes from `position` on; its beginning, where the file ends before that and no stamp says so. Returns
   * the stamp of what came. Errors: HTTP_FAILED, FILE_CHANGED, FILE_NOT_FOUND, FILE_INVALID (empty), UNSUPPORTED (no ranges).
   */
  async fetchInto(
    target: Uint8Array,
    position: number,
    stamp?: HttpStamp,
    signal: AbortSignal = this.closing.signal,
  ): Promise<HttpStamp> {
    const { name, url, settings } = this.origin;
    const { timeout, retries, headers } = settings;
    const last = position + target.length - 1;
    const where = place(name, `bytes ${position} to ${last}`);
    const ownHeaders: Record<string, string> = { 'accept-encoding': 'identity', range: `bytes=${position}-${last}` };
    // A weak tag says that content means the same, not that it is the same.
    if (stamp?.header === 'etag' && !stamp.tag.startsWith('W/')) ownHeaders['if-range'] = stamp.tag;
    for (let attempt = 0; ; attempt++) {
      let failure: Failure;
      try {
        const request = { url: new URL(url), target, headers, ownHeaders, timeout, signal };
        const result = checkAnswer(where, await send(this.connections, request), position, target.length, stamp);
        if ('tag' in result) return result;
        failure = result;
      } catch (error) {
        if (error instanceof LockstepError) throw error;
        if (error instanceof Refusal) throw failed(where, error);
        signal.throwIfAborted();
        failure = { expected: 'an answer', received: (error as Error).message, cause: error };
      }
      if (attempt === retries) {
        const attempts = retries === 0 ? '' : `, the last of ${retries + 1} attempts`;
        throw failed(where, { ...failure, received: `${failure.received}${attempts}` });
      }
      const wait = failure.wait ?? Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt);
      await setTimeout(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /** Ends what is being asked for. */
  close(): void {
    this.closing.abort(new Error('the file was closed while it was read'));
    this.connections.close();
  }
}
