/** A server of files by ranges, which misbehaves when it is told to. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface ServedFile {
  bytes: Uint8Array;
  etag?: string;
  lastModified?: string;
}

export interface Asked {
  readonly path: string;
  readonly begin: number;
  readonly end: number;
  readonly headers: IncomingMessage['headers'];
}

/** Answers a request itself and returns true, or leaves it to the server. `number`: of the request, from 0. */
export type Behave = (asked: Asked, response: ServerResponse, number: number) => boolean;

export interface RangeServer {
  readonly origin: string;
  /** By path, such as `/train.arrow`. */
  readonly files: Map<string, ServedFile>;
  /** All that was asked for. */
  readonly asked: Asked[];
  behave: Behave;
  close(): Promise<void>;
}

/** What a good server answers. */
export function answerRange({ bytes, etag, lastModified }: ServedFile, asked: Asked, response: ServerResponse): void {
  const end = Math.min(asked.end, bytes.length - 1);
  response.writeHead(206, {
    'content-range': `bytes ${asked.begin}-${end}/${bytes.length}`,
    'content-length': end + 1 - asked.begin,
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { 'last-modified': lastModified }),
  });
  response.end(bytes.subarray(asked.begin, end + 1));
}

export async function startServer(): Promise<RangeServer> {
  const sockets = new Set<Socket>();
  const files = new Map<string, ServedFile>();
  const asked: Asked[] = [];
  const http = createServer((request, response) => {
    const [, begin, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')!.map(Number);
    const path = request.url!.replace(/\?.*/, '');
    const one = { path, begin, end, headers: request.headers };
    asked.push(one);
    if (server.behave(one, response, asked.length - 1)) return;
    const file = files.get(path);
    if (file !== undefined) answerRange(file, one, response);
    else response.writeHead(404).end();
  });
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
  const server: RangeServer = {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    files,
    asked,
    behave: () => false,
    async close() {
      const closed = new Promise<void>((resolve) => void http.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return server;
}
