/** The footer of a Parquet file: schema, row groups and where their columns lie, checked before anything is read by it. */
import { LockstepError } from '@lockstep/core/source';
import type { CompressionCodec, FileMetaData, SchemaTree } from 'hyparquet';
import type { DiskFile } from '../../format/diskFile.ts';
import { invalidFile, place } from '../../format/errors.ts';
import type { ParquetLibrary } from './library.ts';
import { checkThrift, ThriftError } from './thrift.ts';

const MAGIC = 'PAR1';
/** Of a file whose footer is encrypted. */
const ENCRYPTED = 'PARE';
const LARGEST_FOOTER = 64 * 2 ** 20;

/** The pages of one column of a row group. */
export interface ColumnChunk {
  readonly codec: CompressionCodec;
  /** Bytes [start, end) of the file. */
  readonly start: number;
  readonly end: number;
  /** Rows, or for lists their items, where nulls and empty lists count as one. */
  readonly values: number;
}

export interface RowGroup {
  readonly rows: number;
  /** One for each leaf of the schema, in its order. */
  readonly chunks: readonly ColumnChunk[];
}

export interface ParquetFooter {
  readonly rows: number;
  /** Its children are the columns. */
  readonly schema: SchemaTree;
  readonly rowGroups: readonly RowGroup[];
  /** The program that wrote the file, where it says so. */
  readonly createdBy: string | undefined;
}

/** Errors: FILE_INVALID, UNSUPPORTED for encrypted files and values in other files. */
export function readFooter(file: DiskFile, library: ParquetLibrary): ParquetFooter {
  const { bytes, start } = footerBytes(file);
  const where = place(file.name, 'footer');
  let metadata: FileMetaData;
  let schema: SchemaTree;
  try {
    checkThrift(bytes.subarray(0, -8), 0);
    metadata = library.parquetMetadata(bytes, { geoparquet: false });
    schema = library.parquetSchema(metadata);
  } catch (error) {
    const at = error instanceof ThriftError ? place(where, `byte ${start + error.offset}`) : where;
    const received = (error as Error).message;
    throw invalidFile({ place: at, expected: 'metadata of Parquet', received, cause: error });
  }
  const leaves = leavesOf(schema);
  const rowGroups = metadata.row_groups.map((group, number): RowGroup => {
    const groupPlace = place(file.name, `row group ${number}`);
    const rows = countOf(groupPlace, 'rows', group.num_rows);
    if (group.columns.length !== leaves.length) {
      const expected = `${leaves.length} columns, as the schema has`;
      throw invalidFile({ place: groupPlace, expected, received: String(group.columns.length) });
    }
    const chunks = group.columns.map((column, i) => chunkOf(groupPlace, column, leaves[i], start));
    return { rows, chunks };
  });
  const rows = countOf(where, 'rows', metadata.num_rows);
  const sum = rowGroups.reduce((total, group) => total + group.rows, 0);
  if (sum !== rows) {
    throw invalidFile({ place: where, expected: `row groups of ${rows} rows`, received: String(sum) });
  }
  requireApart(file.name, rowGroups);
  return { rows, schema, rowGroups, createdBy: metadata.created_by };
}

/** From the footer's first byte, which is `start` of the file, to the end of the file. */
function footerBytes(file: DiskFile): { bytes: Uint8Array; start: number } {
  const { size } = file;
  if (size < 12) {
    throw invalidFile({
      place: file.name,
      expected: 'a Parquet file, of at least 12 bytes',
      received: `${size} bytes`,
    });
  }
  const opening = Buffer.from(file.bytes(0, 4)).toString('latin1');
  const tail = Buffer.from(file.bytes(size - 8, 8));
  const closing = tail.toString('latin1', 4);
  if (opening === ENCRYPTED || closing === ENCRYPTED) {
    throw unsupported(file.name, 'a file that is not encrypted', 'an encrypted footer', 'Write it without encryption.');
  }
  for (const [magic, offset] of [
    [opening, 0],
    [closing, size - 4],
  ] as const) {
    if (magic === MAGIC) continue;
    const received = JSON.stringify(magic);
    throw invalidFile({ place: place(file.name, `byte ${offset}`), expected: `"${MAGIC}"`, received });
  }
  const length = tail.readUInt32LE(0);
  const longest = Math.min(LARGEST_FOOTER, size - 12);
  if (length > longest) {
    const expected = `a footer of at most ${longest} bytes`;
    throw invalidFile({ place: place(file.name, `byte ${size - 8}`), expected, received: String(length) });
  }
  const start = size - 8 - length;
  return { bytes: file.bytes(start, length + 8), start };
}

type RawChunk = FileMetaData['row_groups'][number]['columns'][number];

function chunkOf(
  where: string,
  { file_path: path, meta_data: data }: RawChunk,
  leaf: SchemaTree,
  end: number,
): ColumnChunk {
  const at = place(where, `column ${JSON.stringify(leaf.path.join('.'))}`);
  if (path !== undefined && path !== '') {
    throw unsupported(at, 'values in the file itself', `a column in ${JSON.stringify(path)}`, 'Give that file.');
  }
  if (data === undefined) {
    throw unsupported(at, 'a column that is not encrypted', 'one without metadata', 'Write it without encryption.');
  }
  if (data.type !== leaf.element.type || data.path_in_schema.join('.') !== leaf.path.join('.')) {
    const expected = `${leaf.element.type}, as in the schema`;
    throw invalidFile({ place: at, expected, received: `${data.type} of ${data.path_in_schema.join('.')}` });
  }
  if (data.codec === undefined) {
    throw invalidFile({ place: at, expected: 'a codec that Parquet defines', received: 'another number' });
  }
  const values = countOf(at, 'values', data.num_values);
  const bytes = countOf(at, 'bytes', data.total_compressed_size);
  const pages = countOf(at, 'the offset of the first page', data.data_page_offset);
  // Some writers give no offset of the dictionary, or 0; then the first page of all is at the other one.
  const dictionary = data.dictionary_page_offset === undefined ? 0 : Number(data.dictionary_page_offset);
  const first = dictionary > 0 && dictionary < pages ? dictionary : pages;
  if (first < MAGIC.length || first + bytes > end) {
    const expected = `pages between bytes ${MAGIC.length} and ${end}`;
    throw invalidFile({ place: at, expected, received: `${bytes} bytes at ${first}` });
  }
  return { codec: data.codec, start: first, end: first + bytes, values };
}

/** No two columns share a byte: a small file could unpack to any size otherwise. */
function requireApart(name: string, rowGroups: readonly RowGroup[]): void {
  const all = rowGroups.flatMap(({ chunks }, group) => chunks.map((chunk, column) => ({ ...chunk, group, column })));
  const sorted = all.filter(({ start, end }) => end > start).toSorted((a, b) => a.start - b.start);
  for (let i = 1; i < sorted.length; i++) {
    const { start, group, column } = sorted[i];
    if (start >= sorted[i - 1].end) continue;
    const where = place(name, `row group ${group}`, `column ${column + 1}`);
    throw invalidFile({ place: where, expected: `pages from byte ${sorted[i - 1].end}`, received: String(start) });
  }
}

/** Columns of numbers or texts: the leaves of the schema, depth first. */
export function leavesOf(tree: SchemaTree): SchemaTree[] {
  if (tree.children.length > 0) return tree.children.flatMap(leavesOf);
  return tree.path.length > 0 ? [tree] : [];
}

function countOf(where: string, what: string, value: bigint | number | undefined): number {
  const count = Number(value);
  if (value !== undefined && Number.isSafeInteger(count) && count >= 0) return count;
  throw invalidFile({ place: where, expected: `${what}, a count`, received: String(value) });
}

export function unsupported(where: string, expected: string, received: string, advice: string): LockstepError {
  return new LockstepError('UNSUPPORTED', { place: where, expected, received, advice });
}
