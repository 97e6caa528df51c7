/**
 * A file on a server, read by ranges. What reads is synchronous and knows nothing of it: it runs over the bytes that were fetched, stops
 * where some are missing, and runs again when they have come. So nothing waits but promises, whatever thread it is in, and all
 * checks are those of files on disk.
 */
import { LockstepError } from '@lockstep/core/source';
import type { ArrowFile, FileBytes } from '../arrowFile.ts';
import { BytesMissing, FetchedBytes } from './fetchedBytes.ts';
import type { FetchedRun } from './fetchedBytes.ts';
import type { HttpFileLayout, HttpOrigin } from './layout.ts';
import type { RangeClient } from './rangeClient.ts';

/** What says what kind of file it is. */
const HEAD_BYTES = 64;

export class HttpFile implements ArrowFile {
  readonly layout: HttpFileLayout;
  readonly size: number;
  private readonly head: readonly FetchedRun[];
  private client: Promise<RangeClient> | undefined;
  private isClosed = false;

  private constructor(layout: HttpFileLayout, head: readonly FetchedRun[], client?: RangeClient) {
    this.layout = layout;
    this.size = layout.stamp.size;
    this.head = head;
    this.client = client && Promise.resolve(client);
  }

  /** Asks for the first bytes, which tells the size and whether there are ranges. */
  static async open(origin: HttpOrigin): Promise<HttpFile> {
    const client = await connect(origin);
    try {
      const content = new Uint8Array(HEAD_BYTES);
      const stamp = await client.fetchInto(content, 0);
      if (beginsStream(content)) {
        throw new LockstepError('UNSUPPORTED', {
          place: origin.name,
          expected: 'an Arrow IPC file in the random-access format, whose end says where everything lies',
          received: 'a stream',
          advice: "Write it in the file format, as tableToIPC(table, 'file') does, or download it first.",
        });
      }
      const head = { offset: 0, content: content.subarray(0, Math.min(HEAD_BYTES, stamp.size)) };
      return new HttpFile({ ...origin, stamp }, [head], client);
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** Asks for nothing yet: every answer is compared with the stamp. */
  static reopen(layout: HttpFileLayout): HttpFile {
    return new HttpFile(layout, []);
  }

  async reading<T>(run: (file: FileBytes) => T): Promise<T> {
    const bytes = new FetchedBytes(this.layout.name, this.size, this.head);
    for (;;) {
      try {
        return run(bytes);
      } catch (error) {
        if (!(error instanceof BytesMissing) || error.bytes !== bytes) throw error;
        if (this.isClosed) throw new Error('the file was closed while it was read', { cause: error });
        this.client ??= connect(this.layout);
        bytes.add(await (await this.client).fetchAll(error.ranges, this.layout.stamp));
      }
    }
  }

  /** Every answer was compared with the stamp when it came. */
  requireUnchanged(): void {}

  close(): void {
    this.isClosed = true;
    // Without a client that could be made there is nothing to close, and whoever waits for it was told why.
    this.client?.then(
      (client) => client.close(),
      () => {},
    );
  }
}

/** A message of a stream begins with a mark, in 2019 with its length; the other format begins with letters. */
function beginsStream([first, second, third, fourth]: Uint8Array): boolean {
  return (first & second & third & fourth) === 0xff || (fourth === 0 && first % 8 === 4);
}

/** Imported when something is asked for: threads that read files on disk never need it. */
async function connect(origin: HttpOrigin): Promise<RangeClient> {
  const client = await import('./rangeClient.ts');
  return new client.RangeClient(origin);
}
