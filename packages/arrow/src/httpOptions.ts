/** The options of how servers are asked, checked. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { HttpSettings } from './format/http/layout.ts';
import { invalid, requireKeys } from './optionErrors.ts';

export interface HttpOptions {
  /** Sent with every request to the origin of the address, e.g. `{ authorization: 'Bearer …' }`; never to where it is redirected. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Seconds for one request, of 1 MiB at most, from its beginning to the last byte of the answer. 10 by default. */
  readonly timeout?: number;
  /** How often a request is tried again after a connection that broke, a timeout, or a status that is temporary. 3 by default. */
  readonly retries?: number;
}

/** What Lockstep sets itself, or what would change what a body means. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...['accept-encoding', 'range', 'if-range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'],
  ...['connection', 'content-length', 'expect', 'transfer-encoding', 'upgrade'],
]);
const LONGEST_TIMEOUT = 3600;
const MOST_RETRIES = 20;

/** INVALID_OPTION; a header's value is not shown. */
export function checkHttp(http: unknown): HttpSettings {
  if (http === undefined) return { headers: {}, timeout: 10_000, retries: 3 };
  requireKeys('.http', http, ['headers', 'timeout', 'retries'], "{ headers: { authorization: 'Bearer …' } }");
  const { headers = {}, timeout = 10, retries = 3 } = http as HttpOptions;
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    throw invalid('.http.headers', 'an object of header names and values', typeof headers);
  }
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers) as [string, unknown][]) {
    const where = `.http.headers[${JSON.stringify(name)}]`;
    const key = name.toLowerCase();
    if (OWN_HEADERS.has(key)) throw invalid(where, 'a header that Lockstep does not set itself', name);
    if (typeof value !== 'string') throw invalid(where, 'a text', typeof value);
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw invalid(where, 'a name and a value that HTTP allows', 'another');
    }
    checked[key] = value;
  }
  if (typeof timeout !== 'number' || !(timeout > 0 && timeout <= LONGEST_TIMEOUT)) {
    throw invalid('.http.timeout', `seconds, at most ${LONGEST_TIMEOUT}`, timeout);
  }
  if (!Number.isInteger(retries) || retries < 0 || retries > MOST_RETRIES) {
    throw invalid('.http.retries', `an integer from 0 to ${MOST_RETRIES}`, retries);
  }
  return { headers: checked, timeout: timeout * 1000, retries };
}
