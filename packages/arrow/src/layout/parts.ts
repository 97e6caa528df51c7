/** What one file contributes to a dataset: its columns and where they lie, read from metadata, lists and bitmaps. */
import { createHash } from 'node:crypto';
import { LockstepError } from '@lockstep/core/source';
import type { FileBytes, FileLayout } from '../format/arrowFile.ts';
import { requireChecksum } from '../format/checksum.ts';
import { invalidFile, place } from '../format/errors.ts';
import type { ArrowField, Decoders } from '../format/metadata.ts';
import { openFile } from '../format/openFile.ts';
import type { FileOrigin, IndexedFile } from '../format/openFile.ts';
import { readMetadata } from '../format/stream.ts';
import { selectColumns } from './columns.ts';
import type { SelectedColumn } from './columns.ts';
import { readDictionaries } from './dictionaries.ts';
import type { DictionaryVersion } from './dictionaries.ts';
import { readBatches } from './partBatches.ts';
import type { BatchRequest, PartBatch } from './partBatches.ts';
import type { DatasetRequest } from './request.ts';
import { hashOfSample } from './sample.ts';
import { summarizeSchema } from './schema.ts';
import type { SchemaSummary } from './schema.ts';
import { bytesOf } from './storedBytes.ts';

const NO_CODES: IndexedFile['categories'] = new Map();

export interface FilePart {
  readonly file: FileLayout;
  readonly bytes: number;
  /** With widths for lists too, unless this file has no row to tell. */
  readonly columns: readonly SelectedColumn[];
  readonly schema: SchemaSummary;
  readonly batches: readonly PartBatch[];
  readonly dictionaries: readonly DictionaryVersion[];
  readonly footerHash: string;
  readonly sampleHashes: readonly string[];
}

export interface PartRequest extends DatasetRequest, BatchRequest {
  /** Pieces of the sample. */
  readonly pieces: number;
}

/** Errors: FILE_NOT_FOUND, FILE_INVALID, COLUMN_MISSING, COLUMN_TYPE, COLUMN_HAS_NULLS, INVALID_DATA, UNSUPPORTED. */
export async function readPart(
  origin: FileOrigin,
  index: number,
  request: PartRequest,
  decoders: Decoders,
): Promise<FilePart> {
  const file = await openFile(origin);
  try {
    const indexed = origin.kind === 'disk' ? origin.indexed : undefined;
    if (indexed !== undefined) requireIndexed(origin.name, 'bytes', indexed.bytes, file.size);
    if (indexed !== undefined && request.checksums) {
      await file.reading((bytes) => requireChecksum(bytes, indexed.sha256));
    }
    const metadata = await file.reading((bytes) => readMetadata(bytes, decoders));
    const { fields, footerBytes } = metadata;
    const coded = indexed === undefined ? NO_CODES : codedColumns(origin.name, fields, indexed);
    const selected = selectColumns(origin.name, fields, request.columns, [...coded.keys()]);
    const dictionaries =
      indexed === undefined
        ? await file.reading((bytes) => readDictionaries(bytes, metadata, decoders, selected))
        : Array.from(coded.values(), (values, id) => ({ id, before: 0, values }));
    const batches = await readBatches(file, index, metadata, selected, dictionaries, request, decoders);
    if (indexed !== undefined) {
      const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
      requireIndexed(origin.name, 'rows', indexed.rows, rows);
    }
    const columns = selected.map((column) => ({
      ...column,
      width: request.listWidths.get(column.name) ?? column.width,
    }));
    return {
      file: file.layout,
      bytes: file.size,
      ...{ columns, schema: summarizeSchema(fields, (name) => coded.has(name)), batches, dictionaries },
      footerHash: hashOf(footerBytes, coded),
      sampleHashes: await file.reading((bytes) => sampleFile(bytes, batches, columns, request.pieces)),
    };
  } finally {
    file.close();
  }
}

/** The texts of the columns of codes; FILE_INVALID where one holds other than codes. */
function codedColumns(
  where: string,
  fields: readonly ArrowField[],
  { categories }: IndexedFile,
): IndexedFile['categories'] {
  for (const name of categories.keys()) {
    const field = fields.find((each) => each.name === name);
    if (field?.typeName === 'Int32') continue;
    throw invalidFile({
      place: place(where, `column ${JSON.stringify(name)}`),
      expected: "codes of type Int32, as the folder's index says",
      received: field?.typeName ?? 'no such column',
      advice: 'The file was replaced or damaged: convert the data again.',
    });
  }
  return categories;
}

function requireIndexed(where: string, what: string, expected: number, received: number): void {
  if (expected === received) return;
  throw invalidFile({
    ...{ place: where, expected: `${expected} ${what}, as the folder's index says`, received: String(received) },
    advice: 'The file was replaced or damaged: convert the data again.',
  });
}

/** Of the schema, and of the texts that stand for codes. */
function hashOf(footerBytes: Uint8Array, coded: IndexedFile['categories']): string {
  const hash = createHash('sha256').update(footerBytes);
  if (coded.size > 0) hash.update(JSON.stringify([...coded]));
  return hash.digest('hex');
}

/** Of the whole file, and of the labels: they are few bytes of it, and what corrected data differs in. */
function sampleFile(
  file: FileBytes,
  batches: readonly PartBatch[],
  columns: readonly SelectedColumn[],
  pieces: number,
): string[] {
  const labels = columns.flatMap(({ request: { role }, kind, width }, index) => {
    if (role !== 'label') return [];
    return batches.map(({ rows, codec, columns: buffers }) => {
      const { values, firstEntry } = buffers[index];
      if (codec !== undefined) return values;
      const start = Math.floor(bytesOf(kind, firstEntry));
      const bytes = Math.min(bytesOf(kind, rows * width), values.bytes - start);
      return { offset: values.offset + start, bytes };
    });
  });
  const all = [{ offset: 0, bytes: file.size }];
  return [hashOfSample(file, all, pieces), hashOfSample(file, labels, pieces)];
}

/** INVALID_DATA: a dataset has a row at least. */
export function noRows(paths: readonly string[], received: string, advice: string): LockstepError {
  return new LockstepError('INVALID_DATA', { place: paths.join(', '), expected: 'at least one row', received, advice });
}
