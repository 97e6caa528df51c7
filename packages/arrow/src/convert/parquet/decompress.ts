/** Pages of every codec of Parquet: by node:zlib, by hyparquet's Snappy in WebAssembly, and by the LZ4 of Arrow's frames. */
import * as zlib from 'node:zlib';
import type { CompressionCodec } from 'hyparquet';
import { decodeLz4Block } from '../../format/lz4.ts';
import type { ParquetLibrary } from './library.ts';
import { PageError } from './pageError.ts';

/** The `length` bytes that `input` stands for, in a buffer of their own. Throws PageError, or what a decompressor throws. */
export function decompress(
  library: ParquetLibrary,
  codec: CompressionCodec,
  input: Uint8Array,
  length: number,
): Uint8Array {
  if (length === 0) return new Uint8Array(0);
  const output = DECOMPRESS[codec]?.(input, length, library);
  if (output === undefined) throw new PageError(`compression by ${codec}, which this cannot read`);
  if (output.length !== length) throw new PageError(`${output.length} bytes, where the page's header says ${length}`);
  return ownBuffer(output);
}

/** Views of a page reach to the end of its buffer, so nothing else may be in it. */
export function ownBuffer(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes);
}

type Decompress = (input: Uint8Array, length: number, library: ParquetLibrary) => Uint8Array;

const DECOMPRESS: Readonly<Partial<Record<CompressionCodec, Decompress>>> = {
  UNCOMPRESSED: (input) => input,
  SNAPPY: (input, length, { decompressSnappy }) => {
    // It would reserve what its own header says.
    const stated = snappyLength(input);
    if (stated !== length)
      throw new PageError(`Snappy data of ${stated} bytes, where the page's header says ${length}`);
    return decompressSnappy(input, length);
  },
  GZIP: (input, length) => zlib.gunzipSync(input, { maxOutputLength: length }),
  BROTLI: (input, length) => zlib.brotliDecompressSync(input, { maxOutputLength: length }),
  ZSTD: (input, length) => zlib.zstdDecompressSync(input, { maxOutputLength: length }),
  LZ4_RAW: (input, length) => lz4(input, 0, input.length, new Uint8Array(length), 0),
  LZ4: (input, length) => framedLz4(input, length),
};

function snappyLength(input: Uint8Array): number {
  let length = 0;
  for (let i = 0; i < 5 && i < input.length; i++) {
    length += (input[i] & 0x7f) * 2 ** (7 * i);
    if (input[i] < 0x80) return length;
  }
  return -1;
}

/** A block at a time behind its two lengths, big-endian, as Hadoop writes them; else one block. */
function framedLz4(input: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length);
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let done = 0;
  let at = 0;
  while (at < input.length) {
    const isFrame = input.length - at >= 8;
    const unpacked = isFrame ? view.getUint32(at) : 0;
    const packed = isFrame ? view.getUint32(at + 4) : 0;
    if (!isFrame || packed === 0 || packed > input.length - at - 8 || unpacked > length - done) {
      if (at === 0) return lz4(input, 0, input.length, output, 0);
      throw new PageError('an LZ4 block beyond the end of its page');
    }
    lz4(input, at + 8, at + 8 + packed, output.subarray(0, done + unpacked), done);
    done += unpacked;
    at += 8 + packed;
  }
  return output.subarray(0, done);
}

function lz4(input: Uint8Array, start: number, stop: number, output: Uint8Array, begin: number): Uint8Array {
  const end = decodeLz4Block(input, start, stop, output, begin);
  if (end !== output.length) throw new PageError(`LZ4 data of ${end - begin} bytes`);
  return output;
}
