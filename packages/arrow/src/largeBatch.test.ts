import { closeSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file';
import { BufferRegion, FieldNode, Message, RecordBatch } from 'apache-arrow/ipc/metadata/message';
import { expect, test } from 'vitest';
import { arrowDataset } from './arrowDataset.ts';
import { makeBatch, openDataset, scratchDirectory } from './testing/files.ts';

const directory = scratchDirectory();

/** One record batch of 3 GiB whose body is a hole in the file, so that it takes a few kilobytes of disk. */
function writeSparse(path: string, rows: number, width: number): void {
  const item = new arrow.Field('item', new arrow.Uint8(), false);
  const schema = new arrow.Schema([
    new arrow.Field('x', new arrow.FixedSizeList(width, item), false),
    new arrow.Field('y', new arrow.Uint8(), false),
  ]);
  const values = rows * width;
  const nodes = [rows, values, rows].map((length) => new FieldNode(length, 0));
  const extents = [
    [0, 0],
    [0, 0],
    [0, values],
    [values, 0],
    [values, rows],
  ];
  const buffers = extents.map(([offset, length]) => new BufferRegion(offset, length));
  const bodyBytes = values + rows;
  const header = Message.encode(Message.from(new RecordBatch(rows, nodes, buffers, null), bodyBytes));
  const metadataBytes = 8 + Math.ceil(header.length / 8) * 8;
  const block = new FileBlock(metadataBytes, bodyBytes, 8);
  const footer = Footer.encode(new Footer(schema, arrow.MetadataVersion.V5, [block], []));

  const body = 8 + metadataBytes;
  const end = body + bodyBytes;
  const file = openSync(path, 'w');
  writeSync(file, Buffer.from('ARROW1\0\0'), 0, 8, 0);
  writeSync(file, Int32Array.of(-1, metadataBytes - 8), 0, 8, 8);
  writeSync(file, header, 0, header.length, 16);
  // The last value of the last row, and the last label.
  writeSync(file, Uint8Array.of(200), 0, 1, body + values - 1);
  writeSync(file, Uint8Array.of(9), 0, 1, end - 1);
  writeSync(file, footer, 0, footer.length, end);
  writeSync(file, Int32Array.of(footer.length), 0, 4, end + footer.length);
  writeSync(file, Buffer.from('ARROW1'), 0, 6, end + footer.length + 4);
  ftruncateSync(file, end + footer.length + 10);
  closeSync(file);
}

test('a record batch of 3 GiB is read chunk by chunk', async () => {
  const path = join(directory, 'sparse.arrow');
  const rows = 3072;
  const width = 2 ** 20;
  writeSparse(path, rows, width);
  expect(statSync(path).size).toBeGreaterThan(3 * 2 ** 30);

  const before = process.memoryUsage.rss();
  const dataset = await arrowDataset(path, { features: ['x'], label: 'y' });
  expect(dataset.rows).toBe(rows);
  expect(dataset.chunkRows.every((count) => count === 3 || count === 4)).toBe(true);
  const source = await openDataset(dataset);
  const last = dataset.chunkRows.length - 1;
  await source.loadWindow([last]);
  const batch = makeBatch(dataset, 1, 'classIndex');
  source.copyRows(batch, 0, Uint32Array.of(dataset.chunkRows[last] - 1), 0, 1);
  expect(batch.features[width - 1]).toBe(200);
  expect(batch.features[width - 2]).toBe(0);
  expect(batch.classLabels[0]).toBe(9);
  expect(source.describeRow(dataset.chunkRows[last] - 1)).toContain(`row ${rows - 1}`);
  source.close();
  expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 2 ** 20);
});
