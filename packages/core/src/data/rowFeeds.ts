import { BroadcastChannel, threadId } from 'node:worker_threads';
import type { RowFormat } from './generatedBatch.ts';
import { GeneratedRows, type RowGenerator, type RowSupply, turnOfLoop } from './generatedRows.ts';
import { newRing, newRoom, RingReader, RingWriter } from './rowRing.ts';
import { whenThreadIsGone } from './threadsGone.ts';

// Generators that are functions stay in the thread that made the dataset. Whoever reads asks that thread, by name, to fill a ring.

/** How a reader finds a generator; plain data. */
export interface FeedAddress {
  /** Name of the channel that the generator's thread listens to. */
  readonly channel: string;
  /** The generator's, among all of the process. */
  readonly id: string;
}

/** What a reader asks for: an epoch from a row on, in a ring. */
interface FeedRequest {
  readonly id: string;
  readonly ring: SharedArrayBuffer;
  readonly epoch: number;
  readonly from: number;
  /** Node's number of the reader's thread. */
  readonly thread: number;
}

interface Feed {
  readonly generator: RowGenerator;
  readonly format: RowFormat;
}

/** Feeds live as long as an address of theirs, which datasets hold: the map alone would keep them for ever. */
const feeds: Map<string, WeakRef<Feed>> = new Map();
const holders: WeakMap<FeedAddress, Feed> = new WeakMap();
const forgotten = new FinalizationRegistry((id: string) => feeds.delete(id));

let listening: BroadcastChannel | null = null;

/** Lets readers in any thread ask for the rows of a generator. */
export function offerFeed(generator: RowGenerator, format: RowFormat): FeedAddress {
  const address: FeedAddress = { channel: `lockstep rows of thread ${threadId}`, id: crypto.randomUUID() };
  const feed: Feed = { generator, format };
  feeds.set(address.id, new WeakRef(feed));
  holders.set(address, feed);
  forgotten.register(address, address.id);
  if (listening === null) {
    listening = new BroadcastChannel(address.channel);
    listening.addEventListener('message', (event) => serve((event as Event & { readonly data: FeedRequest }).data));
    // A process that has nothing else to do ends.
    listening.unref();
  }
  return address;
}

/** The rows of an epoch from row `from` on, by way of the generator's thread. */
export function openFeed({ channel, id }: FeedAddress, format: RowFormat, epoch: number, from: number): RowSupply {
  const ring = newRing(format);
  const request: FeedRequest = { id, ring, epoch, from, thread: threadId };
  const asking = new BroadcastChannel(channel);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- That is a window's; a channel has no origin.
  asking.postMessage(request);
  asking.close();
  return new RingReader(ring, format);
}

function serve(request: FeedRequest): void {
  const feed = feeds.get(request.id)?.deref();
  if (feed !== undefined) void fillRing(feed, request);
}

/** Fills a ring until its reader wants no more, which also is so when the reader's thread is gone. */
async function fillRing({ generator, format }: Feed, { ring, epoch, from, thread }: FeedRequest): Promise<void> {
  const writer = new RingWriter(ring, format);
  const rows = new GeneratedRows(generator, format, epoch);
  const forget =
    thread === threadId
      ? () => {}
      : whenThreadIsGone(thread, () => {
          writer.close();
          rows.close();
        });
  // At once, also while a row is being waited for.
  void writer.whenClosed().then(() => rows.close());
  try {
    const isWanted = (): boolean => !writer.closed;
    await drop(rows, format, from, isWanted);
    await writer.pump(rows, format.rows - from);
  } catch (error) {
    if (!writer.closed) writer.fail(error);
  } finally {
    rows.close();
    writer.finish();
    forget();
  }
}

/** Lets the first rows of an epoch go by, as they must where a run goes on in its middle. */
export async function drop(
  supply: RowSupply,
  format: RowFormat,
  count: number,
  isWanted: () => boolean,
): Promise<void> {
  const room = newRoom(format, Math.min(count, 256));
  for (let left = count; left > 0 && isWanted();) {
    left -= await supply.read(room, 0, Math.min(left, room.weights.length));
    await turnOfLoop();
  }
}
