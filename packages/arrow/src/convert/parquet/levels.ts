/**
 * Parquet's hybrid of runs and packed bits (Encodings.md, "RLE"), into an array of a known length: what a damaged run asks for
 * beyond it is refused before it is done.
 */
import { PageError } from './pageError.ts';

/**
 * Reads `output.length` numbers of `width` bits from bytes [start, end). Throws PageError.
 */
export function readHybrid(
  bytes: Uint8Array,
  start: number,
  end: number,
  width: number,
  output: Uint8Array | Int32Array,
): void {
  const { length } = output;
  if (width > 32) throw new PageError(`numbers of ${width} bits`);
  let at = start;
  let done = 0;
  while (done < length) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= end || shift > 28) throw new PageError(`the end of a page after ${done} of ${length} numbers`);
      const byte = bytes[at++];
      header = (header | ((byte & 0x7f) << shift)) >>> 0;
      if (byte < 0x80) break;
    }
    if ((header & 1) === 1) {
      // Groups of eight; the last one may be cut, and may have more than there are.
      const count = Math.min(8 * (header >>> 1), length - done);
      if (Math.ceil((count * width) / 8) > end - at) throw new PageError('packed numbers beyond the end of a page');
      unpack(bytes, at, width, output, done, count);
      at += (header >>> 1) * width;
      done += count;
    } else {
      const count = header >>> 1;
      const byteWidth = (width + 7) >>> 3;
      if (byteWidth > end - at) throw new PageError('a run beyond the end of a page');
      if (count > length - done) throw new PageError(`a run of ${count}, where ${length - done} are left`);
      let value = 0;
      for (let i = 0; i < byteWidth; i++) value |= bytes[at++] << (8 * i);
      output.fill(value, done, done + count);
      done += count;
    }
  }
}

function unpack(
  bytes: Uint8Array,
  start: number,
  width: number,
  output: Uint8Array | Int32Array,
  first: number,
  count: number,
): void {
  if (width === 1) {
    for (let i = 0; i < count; i++) output[first + i] = (bytes[start + (i >>> 3)] >>> (i & 7)) & 1;
    return;
  }
  let at = start;
  let waiting = 0;
  let bits = 0;
  if (width <= 24) {
    const mask = 2 ** width - 1;
    for (let i = 0; i < count; i++) {
      for (; bits < width; bits += 8) waiting |= bytes[at++] << bits;
      output[first + i] = waiting & mask;
      waiting >>>= width;
      bits -= width;
    }
    return;
  }
  // Up to 39 bits wait: more than the operators on 32 bits hold.
  for (let i = 0; i < count; i++) {
    for (; bits < width; bits += 8) waiting += bytes[at++] * 2 ** bits;
    output[first + i] = waiting % 2 ** width;
    waiting = Math.floor(waiting / 2 ** width);
    bits -= width;
  }
}
