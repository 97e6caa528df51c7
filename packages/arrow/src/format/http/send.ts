/**
 * One request of a range, redirects included. With `node:http` rather than `fetch`, which unpacks what a server has packed, takes
 * no credentials in addresses, and does not say how many bytes came when a body breaks off.
 */
import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { publicName } from './layout.ts';

/** A redirect, and one behind it, is common; more than these are a loop. */
const MOST_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Of an answer that is not what was asked for: read, so that the connection can be used again, and thrown away. */
const IGNORED_BYTES = 16 * 2 ** 10;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Bytes that came; they are in the target if the status is 206. */
  readonly received: number;
}

/** Something that would come again: there is no use in trying. */
export class Refusal extends Error {
  readonly expected: string;
  readonly received: string;

  constructor(expected: string, received: string) {
    super(received);
    this.name = 'Refusal';
    this.expected = expected;
    this.received = received;
  }
}

interface Client {
  readonly agent: Agent;
  readonly request: (url: URL, options: RequestOptions, callback: (response: IncomingMessage) => void) => ClientRequest;
}

/** The connections of a file, kept open between requests. */
export class Connections {
  private readonly clients = new Map<string, Client>();

  /** Not imported before something is asked for: threads that read files on disk never need it. */
  async of({ protocol }: URL): Promise<Client> {
    const known = this.clients.get(protocol);
    if (known !== undefined) return known;
    const { Agent: AgentOf, request } = await (protocol === 'https:' ? import('node:https') : import('node:http'));
    const client = this.clients.get(protocol) ?? { agent: new AgentOf({ keepAlive: true }), request };
    this.clients.set(protocol, client);
    return client;
  }

  close(): void {
    for (const { agent } of this.clients.values()) agent.destroy();
    this.clients.clear();
  }
}

export interface RangeRequest {
  readonly url: URL;
  /** Room for the range. */
  readonly target: Uint8Array;
  /** Sent to the address's own origin alone. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sent wherever redirects lead. */
  readonly ownHeaders: Readonly<Record<string, string>>;
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** Rejects where there is no answer to the end within the time. Never more bytes than the target has room for. */
export async function send(connections: Connections, request: RangeRequest): Promise<Answer> {
  const deadline = performance.now() + request.timeout;
  let { url, headers } = request;
  for (let hop = 0; ; hop++) {
    const client = await connections.of(url);
    const all = { ...headers, ...request.ownHeaders };
    const answer = await exchange(client, { ...request, url, headers: all }, deadline - performance.now());
    if (!REDIRECTS.has(answer.status)) return answer;
    const next = redirected(url, answer);
    if (hop === MOST_REDIRECTS) {
      throw new Refusal(`an answer within ${MOST_REDIRECTS} redirects`, `another redirect, to ${publicName(next)}`);
    }
    if (next.origin !== url.origin) headers = {};
    url = next;
  }
}

/** Where a redirect leads: to the same protocol or a safer one. */
export function redirected(url: URL, { status, headers: { location } }: Answer): URL {
  let next: URL;
  try {
    next = new URL(location ?? '', url);
  } catch {
    throw new Refusal('an address to be redirected to', `status ${status} without one`);
  }
  const allowed = url.protocol === 'https:' ? ['https:'] : ['https:', 'http:'];
  if (location === undefined || !allowed.includes(next.protocol)) {
    const to = location === undefined ? 'nowhere' : next.protocol;
    throw new Refusal(`a redirect to ${allowed.join(' or ')}`, `status ${status}, to ${to}`);
  }
  if (next.origin === url.origin && next.username === '') {
    next.username = url.username;
    next.password = url.password;
  }
  return next;
}

function exchange(
  client: Client,
  { url, headers, target, timeout, signal }: Omit<RangeRequest, 'ownHeaders'>,
  left: number,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const late = `no answer to the end within ${timeout / 1000} s`;
  let isLate = false;
  let received = 0;
  const fail = (cause: Error): void => {
    const what = isLate ? late : cause.message;
    reject(received === 0 ? new Error(what, { cause }) : new Error(`${what}, after ${received} bytes`, { cause }));
  };
  const request = client.request(url, { agent: client.agent, headers, signal }, (response) => {
    const { statusCode: status = 0, headers: answered } = response;
    const isPart = status === 206;
    response.on('data', (chunk: Buffer) => {
      if (isPart && received + chunk.length > target.length) {
        reject(new Refusal(`${target.length} bytes, as were asked for`, 'more'));
        request.destroy();
        return;
      }
      if (isPart) target.set(chunk, received);
      received += chunk.length;
      if (isPart || received <= IGNORED_BYTES) return;
      resolve({ status, headers: answered, received });
      request.destroy();
    });
    response.on('end', () => resolve({ status, headers: answered, received }));
    response.on('error', fail);
  });
  const timer = setTimeout(
    () => {
      isLate = true;
      request.destroy(new Error(late));
    },
    Math.max(0, left),
  );
  request.on('error', fail);
  request.on('close', () => {
    clearTimeout(timer);
    // Whatever else may end a request: nobody waits for ever.
    reject(new Error('the end of the connection'));
  });
  request.end();
  return promise;
}
