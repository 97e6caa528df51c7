/** Files on servers: the same rows as files on disk, and what servers do wrong. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as arrow from 'apache-arrow';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { arrowDataset } from './arrowDataset.ts';
import { writeArrow } from './convert/writeArrow.ts';
import type { HttpOptions } from './httpOptions.ts';
import { lockstepError, openDataset, readAll, scratchDirectory } from './testing/files.ts';
import { answerRange, startServer } from './testing/rangeServer.ts';
import type { Behave } from './testing/rangeServer.ts';

const folder = scratchDirectory();
const server = await startServer();
afterAll(() => server.close());

const OPTIONS = { features: ['x', 'pixels'], label: 'y' };
const path = join(folder, 'train.arrow');
const SIZES = [300, 1, 299];
await writeArrow(
  path,
  [
    { name: 'x', kind: 'float64' },
    { name: 'pixels', kind: 'uint8', listSize: 40 },
    { name: 'y', kind: 'int32' },
  ],
  SIZES.map((rows, batch) => [
    Float64Array.from({ length: rows }, (_, row) => 1000 * batch + row),
    Uint8Array.from({ length: rows * 40 }, (_, i) => (i * 7 + batch) % 251),
    Int32Array.from({ length: rows }, (_, row) => row % 10),
  ]),
);
const bytes = readFileSync(path);
const local = await arrowDataset(path, OPTIONS);
const address = `${server.origin}/train.arrow`;

beforeEach(() => {
  server.files.set('/train.arrow', { bytes, etag: '"one"' });
  server.asked.length = 0;
  server.behave = () => false;
});

const open = (http?: HttpOptions, url: string | URL = address): ReturnType<typeof arrowDataset> =>
  arrowDataset(url, { ...OPTIONS, ...(http === undefined ? {} : { http }) });

test('a file on a server is the dataset that the file on disk is', async () => {
  const dataset = await open();
  expect(dataset.fingerprint).toBe(local.fingerprint);
  expect(dataset.chunkRows).toEqual(local.chunkRows);
  expect(await readAll(dataset)).toEqual(await readAll(local));
  // Never more than the file, and only whole ranges of it.
  for (const { begin, end } of server.asked) expect(begin <= end && (end < bytes.length || end === 63)).toBe(true);
  expect(await readAll(await open(undefined, new URL(address)))).toEqual(await readAll(local));
});

test('what lies between is not asked for', async () => {
  const wide = join(folder, 'wide.arrow');
  const rows = 3000;
  const columns = ['a', 'b', 'c', 'y'].map(
    (name) => ({ name, kind: 'float64', ...(name === 'b' ? { listSize: 50 } : {}) }) as const,
  );
  await writeArrow(wide, columns, [
    columns.map(({ name }) => new Float64Array(rows * (name === 'b' ? 50 : 1)).fill(1)),
  ]);
  server.files.set('/wide.arrow', { bytes: readFileSync(wide), lastModified: 'Fri, 27 Nov 2026 12:00:00 GMT' });
  const dataset = await arrowDataset(`${server.origin}/wide.arrow`, { features: ['a', 'c'], label: 'y' });
  server.asked.length = 0;
  expect((await readAll(dataset)).features).toEqual(new Float32Array(2 * rows).fill(1));
  expect(server.asked.reduce((sum, { begin, end }) => sum + end + 1 - begin, 0)).toBe(3 * 8 * rows);
});

test('nulls, texts, compression and statistics, read by ranges', async () => {
  const table = new arrow.Table({
    age: arrow.vectorFromArray([1, null, 3, 4, 5, null], new arrow.Int16()),
    city: arrow.vectorFromArray(['Ulm', 'Bern', null, 'Ulm', 'Graz', 'Bern']),
    plain: arrow.vectorFromArray(['b', 'a', 'c', 'a', 'b', 'b'], new arrow.Utf8()),
    y: arrow.vectorFromArray([0, 1, 0, 1, 0, 1], new arrow.Int8()),
  });
  const parts = [table.slice(0, 4), table.slice(4)].flatMap(({ batches }) => batches);
  const file = arrow.tableToIPC(new arrow.Table(parts), 'file');
  const onDisk = join(folder, 'nulls.arrow');
  writeFileSync(onDisk, file);
  server.files.set('/nulls.arrow', { bytes: file, etag: 'W/"weak"' });
  const options = {
    features: [
      { column: 'age', normalize: 'zScore', fillNull: { value: 'mean', indicator: true } },
      { column: 'city', oneHot: true, fillNull: { indicator: true } },
      { column: 'plain', embeddingIndex: true },
    ],
    label: 'y',
    filter: [['y', '>=', 0]],
  } as const;
  const expected = await arrowDataset(onDisk, options);
  const dataset = await arrowDataset(`${server.origin}/nulls.arrow`, options);
  expect(dataset.fingerprint).toBe(expected.fingerprint);
  expect(await readAll(dataset)).toEqual(await readAll(expected));
  expect(server.asked.every(({ headers }) => headers['if-range'] === undefined)).toBe(true);
});

test('views of texts, whose bytes are known when the views are here', async () => {
  const words = ['b', 'a', null, 'a', 'a text that is long', 'another, longer'];
  const table = new arrow.Table({
    view: arrow.vectorFromArray(words, new arrow.Utf8View()),
    y: arrow.vectorFromArray([0, 1, 0, 1, 0, 1], new arrow.Int8()),
  });
  const file = arrow.tableToIPC(table, 'file');
  const onDisk = join(folder, 'views.arrow');
  writeFileSync(onDisk, file);
  server.files.set('/views.arrow', { bytes: file, etag: '"views"' });
  const options = { features: [{ column: 'view', oneHot: true, fillNull: 'none' }], label: 'y' } as const;
  const expected = await arrowDataset(onDisk, options);
  expect(expected.description.columns[0].vocabulary).toEqual([
    'a',
    'a text that is long',
    'another, longer',
    'b',
    'none',
  ]);
  const dataset = await arrowDataset(`${server.origin}/views.arrow`, options);
  expect(dataset.fingerprint).toBe(expected.fingerprint);
  expect(await readAll(dataset)).toEqual(await readAll(expected));
});

/** The requests of a dataset and its rows, where all is well. */
async function requests(): Promise<number> {
  await readAll(await open());
  return server.asked.length;
}

const breakOff: Behave = ({ begin, end }, response) => {
  response.writeHead(206, {
    'content-range': `bytes ${begin}-${end}/${bytes.length}`,
    'content-length': end + 1 - begin,
    etag: '"one"',
  });
  response.write(bytes.subarray(begin, Math.floor((begin + end + 1) / 2)), () => response.destroy());
  return true;
};
const busy: Behave = (_, response) => {
  response.writeHead(503, { 'retry-after': '0' }).end('busy');
  return true;
};

const hangUp: Behave = (_, response) => Boolean(response.destroy());

test.for([
  ['breaks off in the middle of a body', breakOff],
  ['is busy', busy],
  ['hangs up', hangUp],
] as const)('a server that %s is asked again, and then given up', async ([, behave]) => {
  const usual = await requests();
  const whole = await readAll(local);
  server.asked.length = 0;
  // Every request fails once.
  server.behave = (asked, response, number) => number % 2 === 0 && behave(asked, response, number);
  expect(await readAll(await open())).toEqual(whole);
  expect(server.asked.length).toBe(2 * usual);

  server.behave = behave;
  server.asked.length = 0;
  const error = await lockstepError(() => open({ retries: 2 }));
  expect([error.code, error.place]).toEqual(['HTTP_FAILED', `${address}, bytes 0 to 63`]);
  expect(error.received).toContain('the last of 3 attempts');
  expect(server.asked.length).toBe(3);
});

const with206 = (headers: Record<string, string>, body: Uint8Array): Behave => {
  return (_, response) => {
    response.writeHead(206, { etag: '"one"', ...headers }).end(body);
    return true;
  };
};
const range = `bytes 0-63/${bytes.length}`;

test.for<[string, Behave, string, string]>([
  [
    'knows no ranges',
    (_, response) => Boolean(response.writeHead(200, { etag: '"one"' }).end(bytes)),
    'UNSUPPORTED',
    'status 200',
  ],
  [
    'gives another range',
    with206({ 'content-range': `bytes 1-64/${bytes.length}` }, bytes.subarray(1, 65)),
    'HTTP_FAILED',
    'bytes 1-64/',
  ],
  ['gives no range', with206({}, bytes.subarray(0, 64)), 'HTTP_FAILED', 'none'],
  ['gives too little', with206({ 'content-range': range }, bytes.subarray(0, 60)), 'HTTP_FAILED', '60 bytes'],
  ['gives too much', with206({ 'content-range': range }, bytes.subarray(0, 65)), 'HTTP_FAILED', 'more'],
  [
    'packs',
    with206({ 'content-range': range, 'content-encoding': 'gzip' }, gzipSync(bytes.subarray(0, 8))),
    'HTTP_FAILED',
    'Content-Encoding gzip',
  ],
  ['says it is not there', (_, response) => Boolean(response.writeHead(404).end()), 'FILE_NOT_FOUND', 'status 404'],
  ['asks who is there', (_, response) => Boolean(response.writeHead(401).end()), 'HTTP_FAILED', 'status 401'],
  [
    'leads round in a circle',
    (_, response) => Boolean(response.writeHead(302, { location: '/train.arrow?secret=1' }).end()),
    'HTTP_FAILED',
    'another redirect',
  ],
  [
    'leads away from the web',
    (_, response) => Boolean(response.writeHead(302, { location: 'file:///etc/passwd' }).end()),
    'HTTP_FAILED',
    'status 302',
  ],
  [
    'names no version',
    ({ begin, end }, response) => {
      answerRange({ bytes }, { begin, end } as never, response);
      return true;
    },
    'UNSUPPORTED',
    'neither',
  ],
  [
    'has an empty file',
    (_, response) => Boolean(response.writeHead(416, { 'content-range': 'bytes */0' }).end()),
    'FILE_INVALID',
    'an empty file',
  ],
])('a server that %s', async ([, behave, code, received]) => {
  server.behave = behave;
  const secret = address.replace('http://', 'http://me:password@');
  const error = await lockstepError(() =>
    open({ retries: 0, headers: { authorization: 'Bearer token' } }, `${secret}?secret=1`),
  );
  expect(error.code).toBe(code);
  expect(error.received).toContain(received);
  expect(error.place).toBe(`${address}?…, bytes 0 to 63`);
  expect(`${error.message} ${String(error.cause)}`).not.toMatch(/password|secret|token|Bearer/);
});

test('a server that sends for ever ends with the time for a request', async () => {
  const timers = new Set<NodeJS.Timeout>();
  server.behave = (_, response) => {
    response.writeHead(206, { etag: '"one"', 'content-range': range, 'content-length': '64' });
    // A byte now and then, never all: what a test of the connection alone would let pass.
    const timer = setInterval(() => response.write('A'), 20);
    timers.add(timer);
    response.on('close', () => clearInterval(timer));
    return true;
  };
  const error = await lockstepError(() => open({ retries: 0, timeout: 0.2 }));
  expect(error.code).toBe('HTTP_FAILED');
  // And after how many bytes, if it was any.
  expect(error.received).toMatch(/^no answer to the end within 0\.2 s/);
  for (const timer of timers) clearInterval(timer);
});

test.for([
  ['another tag', { bytes, etag: '"two"' }],
  ['another size', { bytes: Buffer.concat([bytes, bytes]), etag: '"one"' }],
  ['nothing there', undefined],
] as const)('a file that changes while it is read: %s', async ([, file]) => {
  const dataset = await open();
  const source = await openDataset(dataset);
  await source.loadWindow([0]);
  if (file === undefined) server.files.delete('/train.arrow');
  else server.files.set('/train.arrow', file);
  const error = await lockstepError(() => source.loadWindow([1]));
  source.close();
  expect(error.code).toBe('FILE_CHANGED');
  expect(error.place).toContain(address);
});

test('headers go to the given origin, not to where it redirects', async () => {
  const away = await startServer();
  try {
    away.files.set('/moved.arrow', { bytes, etag: '"one"' });
    server.behave = ({ path: asked }, response) => {
      if (asked === '/moved.arrow')
        return Boolean(response.writeHead(307, { location: `${away.origin}/moved.arrow` }).end());
      if (asked === '/first.arrow') return Boolean(response.writeHead(301, { location: 'moved.arrow' }).end());
      return false;
    };
    const first = server.origin.replace('http://', 'http://me:password@');
    const dataset = await open({ headers: { 'X-Key': 'secret' } }, `${first}/first.arrow`);
    expect(await readAll(dataset)).toEqual(await readAll(local));
    const basic = `Basic ${Buffer.from('me:password').toString('base64')}`;
    for (const { headers } of server.asked)
      expect([headers['x-key'], headers.authorization]).toEqual(['secret', basic]);
    for (const { headers } of away.asked)
      expect([headers['x-key'], headers.authorization]).toEqual([undefined, undefined]);
    expect(away.asked.length).toBeGreaterThan(3);
  } finally {
    await away.close();
  }
});

test('streams and damaged files are told from each other', async () => {
  const table = new arrow.Table({ x: arrow.vectorFromArray([1], new arrow.Float32()) });
  server.files.set('/stream.arrow', { bytes: arrow.tableToIPC(table, 'stream'), etag: '"s"' });
  server.files.set('/cut.arrow', { bytes: bytes.subarray(0, bytes.length - 1), etag: '"c"' });
  const stream = await lockstepError(() => open(undefined, `${server.origin}/stream.arrow`));
  expect([stream.code, stream.received]).toEqual(['UNSUPPORTED', 'a stream']);
  const cut = await lockstepError(() => open(undefined, `${server.origin}/cut.arrow`));
  expect([cut.code, cut.place]).toEqual(['FILE_INVALID', `${server.origin}/cut.arrow, byte ${bytes.length - 7}`]);
});

test('no connection is left behind by a source that is closed', async () => {
  const dataset = await open();
  const source = await openDataset(dataset);
  // Hangs until the source is closed.
  const asked = new Promise<void>((resolve) => {
    server.behave = () => (resolve(), true);
  });
  const loading = Promise.resolve(source.loadWindow([0])).then(
    () => 'loaded',
    (error: unknown) => (error as Error).message,
  );
  await asked;
  source.close();
  expect(await loading).toBe('the file was closed while it was read');
});

test.for([
  [{ retries: -1 }, 'arrowDataset.http.retries'],
  [{ timeout: 0 }, 'arrowDataset.http.timeout'],
  [{ headers: { range: 'bytes=0-1' } }, 'arrowDataset.http.headers["range"]'],
  [{ headers: { 'x-key': 'secret\n' } }, 'arrowDataset.http.headers["x-key"]'],
  [{ header: {} }, 'arrowDataset.http.header'],
] as const)('an option that cannot be: %j', async ([http, place]) => {
  const error = await lockstepError(() => open(http as HttpOptions));
  expect([error.code, error.place]).toEqual(['INVALID_OPTION', place]);
  expect(error.message).not.toContain('secret');
});

test('an address that cannot be, or twice', async () => {
  expect((await lockstepError(() => open(undefined, 'http://'))).received).toBe('an address that cannot be');
  expect((await lockstepError(() => open(undefined, new URL('ftp://host/secret')))).message).not.toContain('secret');
  const twice = await lockstepError(() => arrowDataset([address, new URL(address)], OPTIONS));
  expect([twice.code, twice.received]).toEqual(['INVALID_OPTION', `${address} more than once`]);
  const both = await arrowDataset([`${address}?part=1`, path, `${address}?part=2`], OPTIONS);
  expect(both.rows).toBe(3 * 600);
});
