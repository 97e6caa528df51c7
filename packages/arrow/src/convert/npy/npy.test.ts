import { existsSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tableFromIPC } from 'apache-arrow';
import { expect, test } from 'vitest';
import { lockstepError, scratchDirectory } from '../../testing/files.ts';
import { convertNpy } from '../convertNpy.ts';

const directory = scratchDirectory();

/** As `numpy.save` writes it: the header is padded to 64 bytes and ends with a line feed. */
function npy(descr: string, shape: string, values: ArrayBufferView, order = 'False', version = 1): Buffer {
  const dict = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const before = version === 1 ? 10 : 12;
  const text = `${dict.padEnd(Math.ceil((before + dict.length + 1) / 64) * 64 - before - 1)}\n`;
  const length = Buffer.alloc(before - 8);
  length.writeUIntLE(text.length, 0, before - 8);
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  return Buffer.concat([
    start,
    length,
    Buffer.from(text),
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  ]);
}

function put(name: string, content: Uint8Array): string {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
}

const out = (name: string): string => join(directory, name);

test.for<[string, string, ArrayBufferView & { readonly length: number }, string]>([
  ['|u1', 'Uint8', Uint8Array.of(1, 2, 3, 4, 5, 6), 'uint8'],
  ['|b1', 'Uint8', Uint8Array.of(1, 0, 0, 1, 1, 1), 'bool'],
  ['<i2', 'Int16', Int16Array.of(-1, 2, -3, 4, -5, 6), 'int16'],
  ['<i8', 'Int64', BigInt64Array.of(-1n, 2n, 2n ** 62n, 4n, 5n, 6n), 'int64'],
  ['<f2', 'Float16', Uint16Array.of(0x3c00, 0x4000, 0x4200, 0xc400, 0, 0x7bff), 'float16'],
  ['<f4', 'Float32', Float32Array.of(0.5, 1.5, -2.5, 3, 4, 5), 'float32'],
  ['<f8', 'Float64', Float64Array.of(0.1, 1.5, -2.5, 3, 4, 5), 'float64'],
])('%s', async ([descr, arrowType, values, type]) => {
  const name = type;
  const flat = await convertNpy(put('flat.npy', npy(descr, '(6,)', values)), out(`${name}1`));
  expect(flat.columns[0]).toMatchObject({ name: 'values', type, perRow: 1 });
  const scalars = tableFromIPC(readFileSync(join(out(`${name}1`), 'part-00000.arrow')));
  expect(String(scalars.schema.fields[0].type)).toBe(arrowType);
  expect(scalars.getChildAt(0)!.data[0].values.subarray(0, 6)).toEqual(values);
  const packed = gzipSync(npy(descr, '(2, 3)', values, 'False', 2));
  const labels = put('labels.npy', npy('<i4', '(2,)', Int32Array.of(1, 0)));
  const index = await convertNpy(put('rows.npy.gz', packed), out(`${name}2`), { labels });
  expect(index).toMatchObject({ rows: 2, columns: [{ perRow: 3 }, { name: 'label', type: 'int32', counts: [1, 1] }] });
  const lists = tableFromIPC(readFileSync(join(out(`${name}2`), 'part-00000.arrow')));
  expect(lists.getChildAt(0)!.data[0].children[0].values.subarray(0, 6)).toEqual(values);
});

const six = new Float32Array(6);
const good = npy('<f4', '(2, 3)', six);

test.for<[string, Buffer, RegExp]>([
  ['no NPY', Buffer.from('a,b\n1,2\n3,4'), /byte 0: expected 93 4e/],
  ['a cut header', good.subarray(0, 40), /end of the data/],
  ['cut values', good.subarray(0, -1), /end of the data/],
  ['more values', Buffer.concat([good, Buffer.of(0)]), /more bytes/],
  ['texts', npy('<U3', '(2,)', six), /expected numbers.*received <U3.*astype/],
  ['objects', npy('|O', '(2, 3)', six), /received \|O/],
  ['Fortran order', npy('<f4', '(2, 3)', six, 'True'), /ascontiguousarray/],
  ['no dimension', npy('<f4', '()', six), /shape \(\)/],
  ['rows of nothing', npy('<f4', '(2, 0)', six), /shape \(2, 0\)/],
  ['huge rows', npy('<f4', '(1, 99999999999999999999)', six), /shape/],
  ['many rows', npy('<f4', '(9007199254740991,)', six), /end of the data/],
  ['a long header', Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 2, 0, 0, 0, 2, 0]), /at most 65536 bytes/],
])('%s', async ([, content, message]) => {
  const error = await lockstepError(() => convertNpy(put('bad.npy', content), out('bad')));
  expect(error.code).toBe('FILE_INVALID');
  expect(error.message).toMatch(message);
  expect(existsSync(out('bad'))).toBe(false);
});

test('labels of other rows', async () => {
  const labels = put('labels.npy', npy('<i4', '(3,)', new Int32Array(3)));
  const error = await lockstepError(() => convertNpy(put('good.npy', good), out('bad'), { labels }));
  expect(error.message).toMatch(/labels\.npy: expected 2 labels.*received 3 × 1/);
});

test('a file that changes while it is converted', async () => {
  const values = Int32Array.from({ length: 300_000 }, (_, i) => i);
  for (const [what, change] of [
    ['overwritten', (path: string) => writeFileSync(path, npy('<i4', '(300000,)', values.toReversed()))],
    ['cut', (path: string) => truncateSync(path, 100_000)],
  ] as const) {
    const path = put(`${what}.npy`, npy('<i4', '(300000,)', values));
    utimesSync(path, 1000, 1000);
    const error = await lockstepError(() => convertNpy(path, out(what), { onColumns: () => change(path) }));
    expect(error).toMatchObject({ code: 'FILE_CHANGED' });
    expect(error.place).toContain(path);
    expect(existsSync(out(what))).toBe(false);
  }
});
