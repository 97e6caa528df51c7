/**
 * LZ4 frames, as Arrow stores them: the frame format 1.6 with any block size, linked or independent blocks. Every read and
 * every copy is checked against its bounds, and the work is bounded by the sizes of input and output. Checksums are skipped:
 * they are of xxHash-32, which nothing else here needs, and most writers leave them out.
 */

/** A frame that is damaged; `offset` counts from the frame's first byte. */
export class Lz4Error extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

const MAGIC = 0x184d2204;
const LEAST_MATCH = 4;
/** Bytes from which on the engine's own copy is faster than a loop. */
const LONG = 64;

/** The content of one frame, which has to be `length` bytes long. Throws Lz4Error. */
export function decodeLz4Frame(input: Uint8Array, length: number): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (input.length < 7 || view.getUint32(0, true) !== MAGIC) throw new Lz4Error(0, 'no LZ4 frame');
  const flags = input[4];
  if (flags >>> 6 !== 1) throw new Lz4Error(4, `version ${flags >>> 6} of the LZ4 frame`);
  if ((flags & 1) !== 0) throw new Lz4Error(4, 'an LZ4 frame with a dictionary');
  // A byte of a length stands for 255 bytes at most, so that a damaged size cannot reserve more than the data could fill.
  if (length > 255 * input.length) throw new Lz4Error(0, `a frame that is too short for ${length} bytes`);
  const blockChecksum = (flags & 16) === 0 ? 0 : 4;
  // Magic, flags, block size, content size where there is one, checksum of the header.
  let at = 4 + 2 + ((flags & 8) === 0 ? 0 : 8) + 1;
  const output = new Uint8Array(length);
  let end = 0;
  for (;;) {
    if (at + 4 > input.length) throw new Lz4Error(at, 'the end of the data inside an LZ4 frame');
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) break;
    const size = word & 0x7fffffff;
    if (size > input.length - at) throw new Lz4Error(at, `an LZ4 block of ${size} bytes, beyond the data`);
    if (word >>> 31 === 1) {
      if (size > length - end) throw new Lz4Error(at, `more than ${length} bytes`);
      output.set(input.subarray(at, at + size), end);
      end += size;
    } else {
      end = decodeLz4Block(input, at, at + size, output, end);
    }
    at += size + blockChecksum;
  }
  if (end !== length) throw new Lz4Error(at, `${end} bytes`);
  return output;
}

/** One compressed block; matches may reach back into earlier blocks. Returns where its output ends. */
export function decodeLz4Block(
  input: Uint8Array,
  start: number,
  stop: number,
  output: Uint8Array,
  begin: number,
): number {
  let at = start;
  let out = begin;
  while (at < stop) {
    const token = input[at++];
    let literals = token >>> 4;
    if (literals === 15) {
      let more: number;
      do {
        if (at >= stop) throw new Lz4Error(at, 'a length beyond its LZ4 block');
        more = input[at++];
        literals += more;
      } while (more === 255);
    }
    if (literals > stop - at) throw new Lz4Error(at, 'literals beyond their LZ4 block');
    if (literals > output.length - out) throw new Lz4Error(at, `more than ${output.length} bytes`);
    if (literals > LONG) output.set(input.subarray(at, at + literals), out);
    else for (let i = 0; i < literals; i++) output[out + i] = input[at + i];
    at += literals;
    out += literals;
    // The last sequence is literals alone.
    if (at === stop) return out;

    if (stop - at < 2) throw new Lz4Error(at, 'a match beyond its LZ4 block');
    const distance = input[at] | (input[at + 1] << 8);
    at += 2;
    if (distance === 0 || distance > out) throw new Lz4Error(at - 2, `a match ${distance} bytes back, at byte ${out}`);
    let match = (token & 15) + LEAST_MATCH;
    if ((token & 15) === 15) {
      let more: number;
      do {
        if (at >= stop) throw new Lz4Error(at, 'a length beyond its LZ4 block');
        more = input[at++];
        match += more;
      } while (more === 255);
    }
    if (match > output.length - out) throw new Lz4Error(at, `more than ${output.length} bytes`);
    if (match > LONG) {
      // A match may overlap what it writes: what is there already, whole repeats of it, is copied again.
      for (let done = 0, count = 0; done < match; done += count) {
        count = Math.min(distance + done, match - done);
        output.copyWithin(out + done, out - distance, out - distance + count);
      }
    } else {
      for (let i = 0; i < match; i++) output[out + i] = output[out + i - distance];
    }
    out += match;
  }
  throw new Lz4Error(at, 'an LZ4 block without literals at its end');
}
