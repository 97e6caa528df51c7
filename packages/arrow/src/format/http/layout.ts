/** What is known of a file on a server: plain data, which crosses threads and is never printed as a whole. */

/** What identifies the content that a server gives for an address. */
export interface HttpStamp {
  readonly size: number;
  /** The server's name for this content; `Last-Modified` where it gives none. */
  readonly tag: string;
  readonly header: 'etag' | 'last-modified';
}

/** How servers are asked. */
export interface HttpSettings {
  /** Sent with each request, to the origin of the given address alone. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds for one request, from its beginning to the last byte of the answer. */
  readonly timeout: number;
  /** How often a request is tried again. */
  readonly retries: number;
}

export interface HttpOrigin {
  readonly kind: 'http';
  /** The address without user, password and query: these may be secrets. */
  readonly name: string;
  readonly url: string;
  readonly settings: HttpSettings;
}

export interface HttpFileLayout extends HttpOrigin {
  readonly stamp: HttpStamp;
}

/** The address as messages show it. */
export function publicName(url: URL): string {
  return `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`;
}
