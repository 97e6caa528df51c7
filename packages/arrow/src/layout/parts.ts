/** What one file contributes to a dataset: its columns and where they lie, read from metadata, lists and bitmaps. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { LockstepError } from '@lockstep/core/source';
import { requireCodec } from '../format/compression.ts';
import type { Codec } from '../format/compression.ts';
import { DiskFile } from '../format/diskFile.ts';
import { invalidFile, place } from '../format/errors.ts';
import { readBatchHeader } from '../format/metadata.ts';
import type { Decoders } from '../format/metadata.ts';
import { readMetadata } from '../format/stream.ts';
import { codecOf, locateColumns } from './batch.ts';
import type { Extent, Validity } from './batch.ts';
import { selectColumns } from './columns.ts';
import type { SelectedColumn } from './columns.ts';
import { readDictionaries } from './dictionaries.ts';
import type { DictionaryVersion } from './dictionaries.ts';
import { measureLists } from './lists.ts';
import { checkValidity, requireNoNulls } from './nulls.ts';
import type { StoredBuffers } from './preparedTypes.ts';
import type { DatasetRequest } from './request.ts';
import { hashOfSample } from './sample.ts';
import { summarizeSchema } from './schema.ts';
import type { SchemaSummary } from './schema.ts';
import { bytesOf } from './storedBytes.ts';
import type { FileLayout } from './types.ts';

export interface PartBatch {
  readonly file: number;
  readonly number: number;
  readonly rows: number;
  readonly firstRow: number;
  readonly codec?: Codec;
  /** `dictionary` counts those of the part. */
  readonly columns: readonly StoredBuffers[];
}

export interface FilePart {
  readonly file: FileLayout;
  /** With widths for lists too, unless this file has no row to tell. */
  readonly columns: readonly SelectedColumn[];
  readonly schema: SchemaSummary;
  readonly batches: readonly PartBatch[];
  readonly dictionaries: readonly DictionaryVersion[];
  readonly footerHash: string;
  readonly sampleHashes: readonly string[];
}

export interface PartRequest extends DatasetRequest {
  /** Whether a null is an error wherever it is, so that it need not wait for the scan. */
  readonly refusesNulls: boolean;
  /** Widths of lists, by name, as far as earlier files told them. */
  readonly listWidths: Map<string, number>;
  /** Pieces of the sample. */
  readonly pieces: number;
}

/** Errors: FILE_NOT_FOUND, FILE_INVALID, COLUMN_MISSING, COLUMN_TYPE, COLUMN_HAS_NULLS, INVALID_DATA, UNSUPPORTED. */
export function readPart(path: string, index: number, request: PartRequest, decoders: Decoders): FilePart {
  const file = DiskFile.open(path, path);
  try {
    const metadata = readMetadata(file, decoders);
    const { fields, blocks, version, footerBytes } = metadata;
    const selected = selectColumns(path, fields, request.columns);
    const dictionaries = readDictionaries(file, metadata, decoders, selected);
    let firstRow = 0;
    const batches = blocks.map((block, number): PartBatch => {
      const where = place(path, `record batch ${number}`);
      const header = readBatchHeader(file, decoders, block, where);
      const codec = codecOf(where, header);
      if (codec !== undefined) requireCodec(where, codec);
      const located = locateColumns(where, fields, header, block, version, selected);
      const rows = header.length;
      const columns = selected.map(({ name, width, dictionary }, i): StoredBuffers => {
        const columnPlace = place(where, `column ${JSON.stringify(name)}`);
        const { values, validities, listOffsets } = located[i];
        let firstEntry = 0;
        if (listOffsets !== undefined) {
          const known = request.listWidths.get(name) ?? width;
          const lists = measureLists(columnPlace, file, located[i], codec, rows, firstRow, known);
          request.listWidths.set(name, lists.width);
          ({ firstEntry } = lists);
        }
        const bitmaps = validities.map((validity) => bitmapOf(columnPlace, file, validity, codec, firstRow, request));
        return {
          ...{ values, firstEntry },
          ...(bitmaps[0] === undefined ? {} : { rowValidity: bitmaps[0] }),
          ...(bitmaps[1] === undefined ? {} : { entryValidity: bitmaps[1] }),
          ...(dictionary === undefined
            ? {}
            : { dictionary: dictionaryAt(columnPlace, dictionaries, dictionary, number, rows) }),
        };
      });
      firstRow += rows;
      return {
        file: index,
        number,
        rows,
        firstRow: firstRow - rows,
        ...(codec === undefined ? {} : { codec }),
        columns,
      };
    });
    const columns = selected.map((column) => ({
      ...column,
      width: request.listWidths.get(column.name) ?? column.width,
    }));
    return {
      file: { path: resolve(path), name: path, stamp: file.stamp },
      ...{ columns, schema: summarizeSchema(fields), batches, dictionaries },
      footerHash: createHash('sha256').update(footerBytes).digest('hex'),
      sampleHashes: sampleFile(file, batches, columns, request.pieces),
    };
  } finally {
    file.close();
  }
}

/** The bitmap, where something may be null. */
function bitmapOf(
  where: string,
  file: DiskFile,
  validity: Validity,
  codec: Codec | undefined,
  firstRow: number,
  { refusesNulls }: PartRequest,
): Extent | undefined {
  if (refusesNulls && codec === undefined) {
    requireNoNulls(where, file, validity, firstRow);
    return undefined;
  }
  return checkValidity(where, validity, codec !== undefined) ? validity.bitmap : undefined;
}

/** The dictionary that holds for record batch `number`; -1 where there is none and no row needs one. */
function dictionaryAt(
  where: string,
  versions: readonly DictionaryVersion[],
  id: number,
  number: number,
  rows: number,
): number {
  const index = versions.findLastIndex((version) => version.id === id && version.before <= number);
  if (index >= 0 || rows === 0) return index;
  throw invalidFile({ place: where, expected: `a dictionary batch for dictionary ${id}`, received: 'none' });
}

/** Of the whole file, and of the labels: they are few bytes of it, and what corrected data differs in. */
function sampleFile(
  file: DiskFile,
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
  const all = [{ offset: 0, bytes: file.stamp.size }];
  return [hashOfSample(file, all, pieces), hashOfSample(file, labels, pieces)];
}

/** INVALID_DATA: a dataset has a row at least. */
export function noRows(paths: readonly string[], received: string, advice: string): LockstepError {
  return new LockstepError('INVALID_DATA', { place: paths.join(', '), expected: 'at least one row', received, advice });
}
