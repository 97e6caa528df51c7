/** The pages of a column chunk, one after another: found, checked against their chunk, unpacked and taken apart. */
import { crc32 } from 'node:zlib';
import type { Encoding, PageHeader } from 'hyparquet';
import type { DiskFile } from '../../format/diskFile.ts';
import { decompress, ownBuffer } from './decompress.ts';
import type { ColumnChunk } from './footer.ts';
import { readHybrid } from './levels.ts';
import type { ParquetLibrary } from './library.ts';
import { PageError } from './pageError.ts';
import type { ParquetColumn } from './schema.ts';
import { checkThrift } from './thrift.ts';

/** Of a page, packed and unpacked. */
const LARGEST_PAGE = 2 ** 28;
/** Values of a page: a run of equal ones takes five bytes, and each of them up to 16 when it is unpacked. */
const MOST_VALUES = 2 ** 26;
/** Bytes that a page's header is looked for in, first and at last: statistics make it long. */
const HEADER_BYTES = 4096;
const LARGEST_HEADER = 2 ** 16;

/** A page of values before they are decoded. */
export interface DataPage {
  /** Rows, or items of lists, those that are null included. */
  readonly entries: number;
  /** A level for each entry; null where all are of the highest definition, or none is repeated. */
  readonly definition: Uint8Array | null;
  readonly repetition: Uint8Array | null;
  /** Values that are there. */
  readonly values: number;
  readonly encoding: Encoding;
  readonly bytes: Uint8Array;
  /** Where the values begin in `bytes`. */
  readonly at: number;
}

export interface DictionaryPage {
  readonly entries: number;
  readonly bytes: Uint8Array;
}

export type Page = { readonly dictionary: DictionaryPage } | { readonly data: DataPage };

/** Reads pages as they are asked for. Throws PageError, FILE_CHANGED, and what decompressors throw. */
export function* pagesOf(
  library: ParquetLibrary,
  file: DiskFile,
  { codec, start, end, values }: ColumnChunk,
  { levels }: ParquetColumn,
): Generator<Page> {
  let position = start;
  let seen = 0;
  while (seen < values) {
    const { header, bytes: headerBytes } = readHeader(library, file, position, end);
    position += headerBytes;
    const packed = header.compressed_page_size;
    const unpacked = header.uncompressed_page_size;
    requireSize('packed', packed, Math.min(LARGEST_PAGE, end - position));
    requireSize('unpacked', unpacked, LARGEST_PAGE);
    const body = file.bytes(position, packed);
    position += packed;
    if (header.crc !== undefined && crc32(body) !== header.crc >>> 0) {
      throw new PageError('content with another checksum than its header has');
    }
    if (header.dictionary_page_header !== undefined) {
      const entries = header.dictionary_page_header.num_values;
      requireSize('of a dictionary', entries, MOST_VALUES);
      yield { dictionary: { entries, bytes: decompress(library, codec, body, unpacked) } };
    } else if (header.data_page_header !== undefined) {
      const { num_values: entries, encoding } = header.data_page_header;
      requireSize('of values', entries, Math.min(MOST_VALUES, values - seen));
      seen += entries;
      yield { data: firstVersion(decompress(library, codec, body, unpacked), entries, encoding, levels) };
    } else if (header.data_page_header_v2 !== undefined) {
      const { num_values: entries, is_compressed: isPacked } = header.data_page_header_v2;
      requireSize('of values', entries, Math.min(MOST_VALUES, values - seen));
      seen += entries;
      yield {
        data: secondVersion(header.data_page_header_v2, body, levels, (bytes, before) => {
          return isPacked === false ? bytes : decompress(library, codec, bytes, unpacked - before);
        }),
      };
    } else if (header.type !== 'INDEX_PAGE') {
      throw new PageError(`a page of type ${header.type}`);
    }
  }
}

function readHeader(
  library: ParquetLibrary,
  file: DiskFile,
  position: number,
  end: number,
): { header: PageHeader; bytes: number } {
  for (let size = HEADER_BYTES; ; size = LARGEST_HEADER) {
    const available = Math.min(size, end - position);
    const bytes = file.bytes(position, available);
    try {
      const length = checkThrift(bytes, 0);
      return { header: library.parquetHeader({ view: new DataView(bytes.buffer), offset: 0 }), bytes: length };
    } catch (cause) {
      if (available === size && size < LARGEST_HEADER) continue;
      throw new PageError(`a page's header that cannot be read: ${(cause as Error).message}`, { cause });
    }
  }
}

type Levels = ParquetColumn['levels'];

/** Levels behind their lengths, packed together with the values. */
function firstVersion(bytes: Uint8Array, entries: number, encoding: Encoding, levels: Levels): DataPage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const read = (highest: number): Uint8Array | null => {
    if (highest === 0) return null;
    if (bytes.length - at < 4) throw new PageError('the end of a page before its levels');
    const length = view.getUint32(at, true);
    at += 4;
    if (length > bytes.length - at) throw new PageError(`levels of ${length} bytes, beyond the end of their page`);
    const found = readLevels(bytes, at, at + length, highest, entries);
    at += length;
    return found;
  };
  const repetition = read(levels.maxRepetition);
  const definition = read(levels.maxDefinition);
  return { ...{ entries, repetition, encoding, bytes, at }, ...counted(definition, entries, levels) };
}

/** Levels first, never packed, their lengths in the header. */
function secondVersion(
  header: NonNullable<PageHeader['data_page_header_v2']>,
  body: Uint8Array,
  levels: Levels,
  unpack: (bytes: Uint8Array, before: number) => Uint8Array,
): DataPage {
  const {
    num_values: entries,
    encoding,
    repetition_levels_byte_length: repeated,
    definition_levels_byte_length: defined,
  } = header;
  requireSize('of repetition levels', repeated, body.length);
  requireSize('of definition levels', defined, body.length - repeated);
  const before = repeated + defined;
  const read = (start: number, end: number, highest: number): Uint8Array | null => {
    return highest === 0 ? null : readLevels(body, start, end, highest, entries);
  };
  const repetition = read(0, repeated, levels.maxRepetition);
  const definition = read(repeated, before, levels.maxDefinition);
  const bytes = ownBuffer(unpack(body.subarray(before), before));
  return { ...{ entries, repetition, encoding, bytes, at: 0 }, ...counted(definition, entries, levels) };
}

function readLevels(bytes: Uint8Array, start: number, end: number, highest: number, entries: number): Uint8Array {
  const found = new Uint8Array(entries);
  readHybrid(bytes, start, end, 32 - Math.clz32(highest), found);
  for (let i = 0; i < entries; i++) {
    if (found[i] > highest) throw new PageError(`a level of ${found[i]}, where ${highest} is the highest`);
  }
  return found;
}

/** How many values are there; without the levels where all are. */
function counted(
  definition: Uint8Array | null,
  entries: number,
  { maxDefinition }: Levels,
): Pick<DataPage, 'definition' | 'values'> {
  if (definition === null) return { definition, values: entries };
  let values = 0;
  for (let i = 0; i < entries; i++) if (definition[i] === maxDefinition) values++;
  return { definition: values === entries ? null : definition, values };
}

function requireSize(what: string, received: number, most: number): void {
  if (Number.isInteger(received) && received >= 0 && received <= most) return;
  throw new PageError(`a page with a size (${what}) of ${received}, where ${most} is the most`);
}
