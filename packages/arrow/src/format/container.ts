/** The outside of an Arrow IPC file: both magics and the footer, checked before anything is decoded. */
import type { FileBytes } from './arrowFile.ts';
import { invalidFile, place } from './errors.ts';
import type { Finding } from './errors.ts';

const MAGIC = 'ARROW1';
/** Magic and two bytes of padding. */
const HEADER_BYTES = 8;
/** Footer length and magic. */
const TRAILER_BYTES = 10;
/** A block of a record batch takes 24 bytes, so this is enough for two million of them. */
const LARGEST_FOOTER = 64 * 2 ** 20;

/** Most footers are shorter, and come with the trailer where they have to be fetched. */
const TAIL_BYTES = 64 * 2 ** 10;

export interface FooterBytes {
  readonly bytes: Uint8Array;
  /** Where the footer begins; record batches end before it. */
  readonly offset: number;
}

/** Reads the footer of an Arrow IPC file (random-access format); FILE_INVALID says what the file is instead. */
export function readFooterBytes(file: FileBytes): FooterBytes {
  const { name } = file;
  const { size } = file;
  if (size === 0) throw invalidFile({ place: name, expected: 'an Arrow IPC file', received: 'an empty file' });

  const start = file.bytes(0, Math.min(size, 64));
  if (!startsWith(start, MAGIC)) throw invalidFile({ place: place(name, 'byte 0'), ...identify(start) });

  const smallest = HEADER_BYTES + TRAILER_BYTES;
  if (size < smallest) {
    throw invalidFile({ place: name, expected: `at least ${smallest} bytes`, received: `${size} bytes` });
  }
  const tail = Math.min(size, TAIL_BYTES);
  file.prefetch([{ offset: size - tail, bytes: tail }]);
  const trailer = file.bytes(size - TRAILER_BYTES, TRAILER_BYTES);
  if (!startsWith(trailer.subarray(4), MAGIC)) {
    throw invalidFile({
      place: place(name, `byte ${size - MAGIC.length}`),
      expected: `"${MAGIC}" as the last ${MAGIC.length} bytes`,
      received: hex(trailer.subarray(4)),
    });
  }
  const length = new DataView(trailer.buffer).getInt32(0, true);
  const longest = Math.min(size - smallest, LARGEST_FOOTER);
  if (length < 8 || length > longest) {
    throw invalidFile({
      place: place(name, `byte ${size - TRAILER_BYTES}`),
      expected: `a footer length from 8 to ${longest}`,
      received: String(length),
    });
  }
  const offset = size - TRAILER_BYTES - length;
  return { bytes: file.bytes(offset, length), offset };
}

/** What a file that does not start like an Arrow file seems to be. */
function identify(start: Uint8Array): Omit<Finding, 'place'> {
  const expected = `an Arrow IPC file, which starts with "${MAGIC}"`;
  const text = Buffer.from(start).toString('latin1');
  if (text.startsWith('PAR1')) {
    return { expected, received: 'a Parquet file', advice: 'Convert it once: lockstep convert <file> <folder>.' };
  }
  if (text.startsWith('FEA1')) {
    return { expected, received: 'a Feather file of version 1', advice: 'Write it again as Feather version 2.' };
  }
  if (text.startsWith('\x1f\x8b')) {
    return { expected, received: 'a gzip file', advice: 'Unpack it first; Arrow files are read in place.' };
  }
  if (/^[\t\n\r\x20-\x7e]+$/.test(text)) {
    const excerpt = JSON.stringify(text.slice(0, 24));
    return {
      expected,
      received: `text (${excerpt})`,
      advice: 'Convert CSV or JSON lines once: lockstep convert <file> <folder>.',
    };
  }
  return { expected, received: hex(start.subarray(0, 8)) };
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes.subarray(0, text.length)).toString('latin1') === text;
}

function hex(bytes: Uint8Array): string {
  return `bytes ${Buffer.from(bytes).toString('hex')}`;
}
