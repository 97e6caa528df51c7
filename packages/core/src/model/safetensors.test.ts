import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LockstepError } from '../errors.ts';
import { decodeSafetensors, encodeSafetensors, type TensorFile } from './safetensors.ts';

const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 });
const tensors = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { maxLength: 5 })
  .map((names) => names.filter((name) => name !== '__metadata__' && name !== '__proto__'))
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        shapes.chain((shape) => {
          const length = shape.reduce((a, b) => a * b, 1);
          // Bits, not numbers: NaNs and infinities travel too.
          return fc
            .array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: length, maxLength: length })
            .map((bits) => ({ name, shape, data: new Float32Array(Int32Array.from(bits).buffer) }));
        }),
      ),
    ),
  );
const files = fc.record({ metadata: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }), tensors });

const bitsOf = ({ metadata, tensors: all }: TensorFile): unknown => ({
  metadata: new Map(Object.entries(metadata)),
  tensors: Object.fromEntries(
    all.map(({ name, shape, data }) => [
      name,
      { shape, bits: [...new Uint32Array(data.buffer, data.byteOffset, data.length)] },
    ]),
  ),
});

/** A file with any header and any number of data bytes. */
function fileOf(header: unknown, dataBytes = 0, length?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  file.set(json, 8);
  return file;
}

const tensor = (begin: number, end: number, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...{ dtype: 'F32', shape: [(end - begin) / 4], data_offsets: [begin, end] },
  ...more,
});

describe('safetensors', () => {
  test('what is encoded is decoded, bit for bit', () => {
    fc.assert(
      fc.property(files, (file) => {
        const bytes = encodeSafetensors(file);
        expect(bitsOf(decodeSafetensors(bytes, 'file'))).toEqual(bitsOf(file));
        // Data begins on a multiple of 8, as other readers want it.
        expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
      }),
    );
  });

  test('a file may lie anywhere in a buffer', () => {
    const file = { metadata: {}, tensors: [{ name: 'a', shape: [2], data: Float32Array.of(1, -2) }] };
    const bytes = encodeSafetensors(file);
    const shifted = new Uint8Array(bytes.length + 5).subarray(5);
    shifted.set(bytes);
    expect(bitsOf(decodeSafetensors(shifted, 'file'))).toEqual(bitsOf(file));
  });

  test("the format's own example of a header is read, in the order of its data", () => {
    // After huggingface.co/docs/safetensors: offsets count from the end of the header; entries may come in any order.
    const file = fileOf({ second: tensor(8, 12), __metadata__: { by: 'hand' }, first: tensor(0, 8) }, 12);
    const { metadata, tensors: read } = decodeSafetensors(file, 'file');
    expect(metadata).toEqual({ by: 'hand' });
    expect(read.map(({ name, data }) => [name, data.length])).toEqual([
      ['first', 2],
      ['second', 1],
    ]);
  });

  test.each([
    { title: 'nothing', file: new Uint8Array(0), expected: 'at least 8 bytes' },
    { title: 'half a length', file: new Uint8Array(7), expected: 'at least 8 bytes' },
    { title: 'a header longer than the file', file: fileOf({}, 0, 3n), expected: 'a header of at most 2 bytes' },
    {
      title: 'a header of 2^64 - 1 bytes',
      file: fileOf({}, 0, 2n ** 64n - 1n),
      expected: 'a header of at most 2 bytes',
    },
    { title: 'a header of 2^53 + 1 bytes', file: fileOf({}, 0, 2n ** 53n + 1n), expected: 'a header of at most' },
    { title: 'no JSON', file: fileOf('{"a":'), expected: 'a header of JSON' },
    { title: 'no header', file: new Uint8Array(8), expected: 'a header of JSON' },
    {
      title: 'bytes that are no text',
      file: new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe]),
      expected: 'a header of JSON',
    },
    { title: 'a byte order mark', file: fileOf('\ufeff{}'), expected: 'a header of JSON' },
    { title: 'spaces before the header', file: fileOf('  {}'), expected: 'begins with {' },
    { title: 'brackets without end', file: fileOf('['.repeat(2 ** 24 - 8)), expected: 'a header of JSON' },
    { title: 'nested lists', file: fileOf({ a: tensor(0, 4, { shape: [[1]] }) }, 4), expected: 'a header of JSON' },
    {
      title: 'millions of entries',
      file: fileOf(`{${'"a":{},'.repeat(2_000_000)}"b":{}}`),
      expected: 'a header of JSON',
    },
    {
      title: 'a name twice, of one place',
      file: fileOf(`{"a":${JSON.stringify(tensor(0, 8))},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}`, 8),
      expected: 'a header of JSON',
    },
    {
      title: 'a shape twice',
      file: fileOf('{"a":{"dtype":"F32","shape":[2,1],"shape":[1,2],"data_offsets":[0,8]}}', 8),
      expected: 'a header of JSON',
    },
    {
      title: 'metadata twice',
      file: fileOf('{"__metadata__":{"a":"1"},"__metadata__":{"a":"2"}}'),
      expected: 'a header of JSON',
    },
    { title: 'half of a character in a name', file: fileOf({ '\ud800': tensor(0, 4) }, 4), expected: 'Unicode' },
    {
      title: 'half of a character in metadata',
      file: fileOf({ __metadata__: { a: '\udfff' } }),
      expected: 'Unicode',
    },
    { title: 'a tensor that is a number', file: fileOf({ a: 7 }), expected: 'dtype F32' },
    {
      title: 'a type with methods of its own',
      file: fileOf({ a: tensor(0, 4, { dtype: { toString: 1, toJSON: 1 } }) }, 4),
      expected: 'dtype F32',
    },
    {
      title: 'a shape of thousands of dimensions',
      file: fileOf({ a: tensor(0, 4, { shape: Array.from({ length: 5000 }, () => 1) }) }, 4),
      expected: 'up to 64 whole numbers',
    },
    {
      title: 'a product of 0 and what is beyond all numbers',
      file: fileOf({ a: tensor(0, 0, { shape: [...Array.from({ length: 60 }, () => 2 ** 53 - 1), 0] }) }),
      expected: 'to take NaN',
    },
    {
      title: 'a product that comes around at 2^64',
      file: fileOf({ a: tensor(0, 4, { shape: [2 ** 32, 2 ** 32, 2 ** 32] }) }, 4),
      expected: 'to take',
    },
    {
      title: 'infinite offsets',
      file: fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[1e400,1e400]}}', 4),
      expected: 'a header of JSON',
    },
    {
      title: 'offsets that are no numbers',
      file: fileOf({ a: tensor(0, 4, { data_offsets: [null, null] }) }, 4),
      expected: 'two data offsets',
    },
    {
      title: 'a dimension of -0',
      file: fileOf('{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}'),
      expected: 'a shape',
    },
    { title: 'metadata that is a list', file: fileOf({ __metadata__: ['a'] }), expected: 'metadata' },
    { title: 'a list', file: fileOf([]), expected: 'a JSON object' },
    { title: 'null', file: fileOf('null'), expected: 'a JSON object' },
    { title: 'a tensor that is null', file: fileOf({ a: null }), expected: 'dtype F32' },
    { title: 'half precision', file: fileOf({ a: tensor(0, 4, { dtype: 'F16' }) }, 4), expected: 'dtype F32' },
    { title: 'no shape', file: fileOf({ a: tensor(0, 4, { shape: undefined }) }, 4), expected: 'a shape' },
    { title: 'a negative dimension', file: fileOf({ a: tensor(0, 4, { shape: [-1, -1] }) }, 4), expected: 'a shape' },
    { title: 'half a dimension', file: fileOf({ a: tensor(0, 4, { shape: [0.5, 2] }) }, 4), expected: 'a shape' },
    {
      title: 'dimensions beyond all memory',
      file: fileOf({ a: tensor(0, 4, { shape: [2 ** 50, 2 ** 50] }) }, 4),
      expected: 'to take',
    },
    { title: 'one offset', file: fileOf({ a: tensor(0, 4, { data_offsets: [0] }) }, 4), expected: 'two data offsets' },
    {
      title: 'offsets that are text',
      file: fileOf({ a: tensor(0, 4, { data_offsets: ['0', '4'] }) }, 4),
      expected: 'two data offsets',
    },
    { title: 'offsets backwards', file: fileOf({ a: tensor(0, 4, { data_offsets: [4, 0] }) }, 4), expected: 'to take' },
    { title: 'a tensor beyond the file', file: fileOf({ a: tensor(0, 8) }, 4), expected: 'to take 8 of 4 bytes' },
    {
      title: 'an overlap',
      file: fileOf({ a: tensor(0, 8), b: tensor(4, 12) }, 12),
      expected: 'without gap or overlap',
    },
    {
      title: 'two tensors in one place',
      file: fileOf({ a: tensor(0, 8), b: tensor(0, 8) }, 8),
      expected: 'without gap or overlap',
    },
    { title: 'a gap', file: fileOf({ a: tensor(0, 4), b: tensor(8, 12) }, 12), expected: 'without gap or overlap' },
    { title: 'a gap at the start', file: fileOf({ a: tensor(4, 8) }, 8), expected: 'without gap or overlap' },
    { title: 'data that no tensor has', file: fileOf({ a: tensor(0, 4) }, 8), expected: '4 bytes of data' },
    { title: 'metadata that is not text', file: fileOf({ __metadata__: { a: 1 } }), expected: 'metadata' },
    { title: 'metadata that is null', file: fileOf({ __metadata__: null }), expected: 'metadata' },
  ])('refuses $title', ({ file, expected }) => {
    let error: unknown;
    const begin = performance.now();
    try {
      decodeSafetensors(file, 'weights.safetensors');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      code: 'FILE_INVALID',
      place: 'weights.safetensors',
      expected: expect.stringContaining(expected),
    });
    expect((error as LockstepError).message.length).toBeLessThan(500);
    expect(performance.now() - begin).toBeLessThan(1000);
  });

  test('names are only names', () => {
    const names = ['../../etc/passwd', '__proto__', 'constructor', 'toString', '0', '', 'C:\\', 'ä/\u{1f600}', '"\n'];
    const all = names.map((name, i) => ({ name, shape: [2], data: Float32Array.of(i, -i) }));
    const metadata = Object.assign(JSON.parse('{"__proto__":"a"}') as Record<string, string>, { constructor: 'b' });
    const read = decodeSafetensors(encodeSafetensors({ metadata, tensors: all }), 'file');
    expect(read.tensors).toEqual(all);
    expect(Object.entries(read.metadata)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });

  test.each([
    ['two tensors of one name', [{ name: 'a' }, { name: 'a' }]],
    ['the name of the metadata', [{ name: '__metadata__' }]],
    ['half of a character', [{ name: 'a\ud800' }]],
    ['a shape that is not of the data', [{ name: 'a', shape: [3] }]],
    ['too many dimensions', [{ name: 'a', shape: Array.from({ length: 65 }, () => 1) }]],
    ['a header beyond what is read', [{ name: 'a'.repeat(2 ** 24) }]],
  ])('%s cannot be encoded', (_, parts) => {
    const all = parts.map((part) => ({ shape: [1], data: new Float32Array(1), ...part }));
    expect(() => encodeSafetensors({ metadata: {}, tensors: all })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', place: 'encodeSafetensors' }),
    );
  });

  test('a damaged file is refused or read whole, and never anything else', () => {
    const data = Float32Array.from({ length: 6 }, (_, i) => i);
    const whole = encodeSafetensors({
      metadata: { note: 'x' },
      tensors: [
        { name: 'a', shape: [2, 2], data: data.slice(0, 4) },
        { name: 'b', shape: [2], data: data.slice(4) },
      ],
    });
    const damage = fc.record({
      length: fc.integer({ min: 0, max: whole.length + 16 }),
      writes: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(damage, ({ length, writes }) => {
        const file = new Uint8Array(length);
        file.set(whole.subarray(0, length));
        for (const [at, value] of writes) if (at < length) file[at] = value;
        let outcome: unknown;
        try {
          outcome = decodeSafetensors(file, 'file').tensors.every(
            (read) => read.shape.reduce((a, b) => a * b, 1) === read.data.length,
          );
        } catch (error) {
          outcome = error instanceof LockstepError && error.code === 'FILE_INVALID' ? true : error;
        }
        expect(outcome).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
