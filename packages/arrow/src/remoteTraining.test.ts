/** Trained weights do not tell whether the data lay in files, in memory or on a server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Dataset, dense, sequential, sgd } from '@lockstep/core';
import * as arrow from 'apache-arrow';
import { afterAll, expect, test } from 'vitest';
import { arrowDataset } from './arrowDataset.ts';
import type { ArrowInput } from './origins.ts';
import { lockstepError, scratchDirectory } from './testing/files.ts';
import { startServer } from './testing/rangeServer.ts';

const folder = scratchDirectory();
const server = await startServer();
afterAll(() => server.close());

const ROWS = 240;
const rows = Array.from({ length: ROWS }, (_, row) => row);
const table = new arrow.Table({
  x: arrow.vectorFromArray(
    rows.map((row) => ((row * 37) % 101) / 101),
    new arrow.Float32(),
  ),
  age: arrow.vectorFromArray(
    rows.map((row) => (row % 7 === 0 ? null : (row * 13) % 80)),
    new arrow.Int16(),
  ),
  species: arrow.vectorFromArray(rows.map((row) => ['setosa', 'virginica', 'versicolor'][(row * 11) % 3])),
}) as arrow.Table;
const batches = [0, 80, 160].flatMap((from) => table.slice(from, from + 80).batches);
const path = join(folder, 'train.arrow');
const bytes = arrow.tableToIPC(new arrow.Table(batches), 'file');
writeFileSync(path, bytes);
const address = `${server.origin}/train.arrow`;
server.files.set('/train.arrow', { bytes, etag: '"one"' });

const open = (data: ArrowInput): Promise<Dataset> =>
  arrowDataset(data, {
    features: ['x', { column: 'age', normalize: 'zScore', fillNull: { value: 'mean', indicator: true } }],
    label: 'species',
  });

async function train(data: ArrowInput, options: object): Promise<string> {
  const dataset = await open(data);
  const model = sequential([dense(6, { activation: 'relu' }), dense(3, { activation: 'softmax' })], {
    ...{ inputShape: dataset.featureShape, seed: 1 },
  });
  const fit = { loss: 'sparseCategoricalCrossentropy', batchSize: 16, epochs: 2, seed: 2 } as const;
  return (await model.fit(dataset, { ...fit, optimizer: sgd({ learningRate: 0.05 }), ...options })).weightsHash;
}

/** Of the file on disk. */
const expected = await train(path, { workers: 1 });

test('one hash: file, table, record batches, bytes, and a server, inline and with threads', async () => {
  expect(expected).toMatch(/^[0-9a-f]{64}$/);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const hashes = [];
  for (const data of [new arrow.Table(batches), batches, bytes, shared.buffer, address] as ArrowInput[]) {
    hashes.push(await train(data, { workers: 1 }));
  }
  hashes.push(await train(batches, { workers: 2 }), await train(address, { workers: 2 }));
  expect(hashes).toEqual(hashes.map(() => expected));
  const { fingerprint } = await open(path);
  for (const data of [bytes, address]) expect((await open(data)).fingerprint).toBe(fingerprint);
});

test('a run that was stopped in the middle of an epoch goes on over HTTP, and with the file', async () => {
  const checkpoint = { directory: join(folder, 'run') };
  const part = (data: ArrowInput, options: object): Promise<string> => {
    return train(data, { checkpoint, resume: true, ...options });
  };
  await train(address, { checkpoint, workers: 2, maxSteps: 4 });
  await part(address, { workers: 1, maxSteps: 7 });
  await part(path, { workers: 1, maxSteps: 20 });
  expect(await part(address, { workers: 2 })).toBe(expected);
});

test('the server may be another process', async () => {
  const program = fileURLToPath(new URL('testing/serveFile.ts', import.meta.url));
  const child = spawn(process.execPath, [program, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    expect(await train(line.toString().trim(), { workers: 2 })).toBe(expected);
  } finally {
    const ended = once(child, 'exit');
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
  }
});

test.for([1, 2])('a server that stops while a run goes on: an error with its cause, on %d workers', async (workers) => {
  const dataset = await open(address);
  // What comes first is still answered.
  let asked = 0;
  server.behave = (_, response) => asked++ >= 1 && Boolean(response.writeHead(500).end());
  const model = sequential([dense(3, { activation: 'softmax' })], { inputShape: dataset.featureShape, seed: 1 });
  const fit = { loss: 'sparseCategoricalCrossentropy', batchSize: 16, seed: 2, workers } as const;
  const error = await lockstepError(() => model.fit(dataset, { ...fit, optimizer: sgd({ learningRate: 0.05 }) }));
  server.behave = () => false;
  expect(error.code).toBe('HTTP_FAILED');
  expect(error.place).toContain(`${address}, bytes `);
  expect(error.received).toBe('status 500, the last of 4 attempts');
});
