/**
 * The yardstick: positioned reads of a whole file into memory that is taken again for every read, and nothing else. The
 * memory has been written to before, so that no page has to be found for it.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { RawRequest } from './protocol.ts';
import { answer, timePasses } from './timePasses.ts';

const PAGE = 4096;

const request = JSON.parse(process.argv.at(-1)!) as RawRequest;
const { chunkBytes, file, offset } = request;
const memory = new Uint8Array(new SharedArrayBuffer(chunkBytes + PAGE), offset, chunkBytes).fill(1);
const descriptor = openSync(file, 'r');
const { size } = fstatSync(descriptor);
const milliseconds = await timePasses(request, () => {
  for (let at = 0; at < size;) {
    const read = readSync(descriptor, memory, 0, Math.min(chunkBytes, size - at), at);
    if (read === 0) throw new Error(`${file} ends at ${at}, expected ${size} bytes`);
    at += read;
  }
});
closeSync(descriptor);
answer(size, milliseconds);
