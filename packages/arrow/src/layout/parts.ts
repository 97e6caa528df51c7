/** What one file contributes to a dataset: its columns and where they lie, read from metadata, lists and bitmaps. */
import { createHash } from 'node:crypto';
import { LockstepError } from '@lockstep/core/source';
import type { FileBytes, FileLayout } from '../format/arrowFile.ts';
import type { Decoders } from '../format/metadata.ts';
import { openFile } from '../format/openFile.ts';
import type { FileOrigin } from '../format/openFile.ts';
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
    const metadata = await file.reading((bytes) => readMetadata(bytes, decoders));
    const { fields, footerBytes } = metadata;
    const selected = selectColumns(origin.name, fields, request.columns);
    const dictionaries = await file.reading((bytes) => readDictionaries(bytes, metadata, decoders, selected));
    const batches = await readBatches(file, index, metadata, selected, dictionaries, request, decoders);
    const columns = selected.map((column) => ({
      ...column,
      width: request.listWidths.get(column.name) ?? column.width,
    }));
    return {
      file: file.layout,
      bytes: file.size,
      ...{ columns, schema: summarizeSchema(fields), batches, dictionaries },
      footerHash: createHash('sha256').update(footerBytes).digest('hex'),
      sampleHashes: await file.reading((bytes) => sampleFile(bytes, batches, columns, request.pieces)),
    };
  } finally {
    file.close();
  }
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
