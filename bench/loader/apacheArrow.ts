/** What one would do without Lockstep: read Arrow files by apache-arrow. See ArrowRequest. */
import type * as apacheArrow from 'apache-arrow';
import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { BATCH_ROWS } from './batchRows.ts';
import { versionOf } from '../peers/serve.ts';
import type { ArrowRequest } from './protocol.ts';
import { answer, timePasses } from './timePasses.ts';

const BYTES = Float32Array.BYTES_PER_ELEMENT;
const request = JSON.parse(process.argv.at(-1)!) as ArrowRequest;
const version = versionOf('apache-arrow');
if (version === null) {
  console.log(JSON.stringify({ absent: 'apache-arrow not installed' }));
  process.exit(0);
}
const arrow = await import('apache-arrow');
const note = `apache-arrow ${version}`;
if (request.task === 'copy') await copyBatches(request);
else await getValues(request);

/** Lists of float32, from the file's record batches into shared memory, one behind the other. */
async function copyBatches({ file, features: [name] }: ArrowRequest): Promise<void> {
  let shared = new Float32Array(new SharedArrayBuffer(0));
  let values = 0;
  const milliseconds = await timePasses(request, async () => {
    values = 0;
    const handle: FileHandle = await open(file);
    const reader = await arrow.RecordBatchReader.from(handle);
    for await (const batch of reader) {
      const numbers = numbersOf(batch, name);
      if (numbers.length > shared.length) shared = new Float32Array(new SharedArrayBuffer(numbers.byteLength));
      shared.set(numbers);
      values += numbers.length;
    }
    await handle.close();
  });
  answer(values * BYTES, milliseconds, note);
}

function numbersOf(batch: apacheArrow.RecordBatch, name: string): Float32Array {
  const numbers: unknown = batch.getChild(name)?.data[0].children[0].values;
  if (numbers instanceof Float32Array) return numbers;
  throw new Error(`column ${name} is no list of float32`);
}

/** Scalars of float32, asked for one by one: `get` of every column for every row. The table is in memory. */
async function getValues({ file, features, rows, task }: ArrowRequest): Promise<void> {
  const table = arrow.tableFromIPC(readFileSync(file));
  const width = features.length;
  const pieces = (task === 'get' ? [table] : table.batches).map((piece) =>
    features.map((name) => piece.getChild(name)!),
  );
  const out = new Float32Array(BATCH_ROWS * width);
  let copied = 0;
  const milliseconds = await timePasses(request, () => {
    copied = 0;
    for (const columns of pieces) {
      const count = Math.min(columns[0].length, rows - copied);
      for (let row = 0; row < count; row++) {
        const at = (copied++ % BATCH_ROWS) * width;
        for (let column = 0; column < width; column++) out[at + column] = columns[column].get(row) as number;
      }
    }
  });
  answer(copied * width * BYTES, milliseconds, note);
}
