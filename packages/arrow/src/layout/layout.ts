/** From paths and column names to a layout: the only part that reads metadata, and a sample of the values. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { LockstepError } from '@lockstep/core/source';
import { DiskFile } from '../format/diskFile.ts';
import { place } from '../format/errors.ts';
import { loadDecoders, readBatchHeader, readMetadata } from '../format/metadata.ts';
import { locateColumns } from './batch.ts';
import { cutIntoChunks } from './chunks.ts';
import { selectColumns } from './columns.ts';
import type { ColumnRequest } from './columns.ts';
import { requireNoNulls } from './nulls.ts';
import { hashOfSample, piecesPerFile } from './sample.ts';
import { requireSameSchema, summarizeSchema } from './schema.ts';
import type { SchemaSummary } from './schema.ts';
import { rowBytes } from './types.ts';
import type { ArrowLayout, BatchLayout, ColumnLayout, FileLayout } from './types.ts';

export interface PlannedLayout {
  readonly layout: ArrowLayout;
  readonly fingerprint: string;
}

/** What one file contributes. */
interface FilePart {
  readonly file: FileLayout;
  readonly columns: readonly ColumnLayout[];
  readonly schema: SchemaSummary;
  readonly batches: readonly BatchLayout[];
  readonly footerHash: string;
  readonly sampleHashes: readonly string[];
}

/** Reads the metadata of all files, in the order given, and checks everything that can be checked before training. */
export async function planLayout(
  paths: readonly string[],
  requests: readonly ColumnRequest[],
  scale: number,
): Promise<PlannedLayout> {
  const decoders = await loadDecoders();
  const parts: FilePart[] = [];
  for (const [index, path] of paths.entries()) {
    const part = readPart(path, index, requests, decoders, piecesPerFile(paths.length));
    if (index > 0) requireSameSchema(path, part.schema, paths[0], parts[0].schema);
    parts.push(part);
    // Thousands of files would otherwise hold the event loop for seconds.
    await setImmediate();
  }
  const { columns } = parts[0];
  const batches = parts.flatMap((part) => part.batches);
  const chunks = cutIntoChunks(
    batches,
    columns.reduce((sum, column) => sum + rowBytes(column), 0),
  );
  if (chunks.length === 0) {
    throw new LockstepError('INVALID_DATA', {
      place: paths.join(', '),
      expected: 'at least one row',
      received: 'none',
      advice: 'Check the program that wrote the files.',
    });
  }
  const layout = { files: parts.map((part) => part.file), columns, batches, chunks, scale };
  return { layout, fingerprint: fingerprintOf(parts, scale) };
}

function readPart(
  path: string,
  index: number,
  requests: readonly ColumnRequest[],
  decoders: Awaited<ReturnType<typeof loadDecoders>>,
  samplePieces: number,
): FilePart {
  const file = DiskFile.open(path, path);
  try {
    const { fields, blocks, version, footerBytes } = readMetadata(file, decoders);
    const columns = selectColumns(path, fields, requests);
    let firstRow = 0;
    const batches = blocks.map((block, number): BatchLayout => {
      const where = place(path, `record batch ${number}`);
      const header = readBatchHeader(file, decoders, block, where);
      const buffers = locateColumns(where, fields, header, block, version, columns);
      buffers.forEach(({ validities }, i) => {
        const columnPlace = place(where, `column ${JSON.stringify(columns[i].name)}`);
        for (const validity of validities) requireNoNulls(columnPlace, file, validity, firstRow);
      });
      const rows = header.length;
      firstRow += rows;
      return { file: index, number, rows, firstRow: firstRow - rows, offsets: buffers.map(({ offset }) => offset) };
    });
    return {
      file: { path: resolve(path), name: path, stamp: file.stamp },
      columns,
      schema: summarizeSchema(fields),
      batches,
      footerHash: createHash('sha256').update(footerBytes).digest('hex'),
      sampleHashes: sampleFile(file, batches, columns, samplePieces),
    };
  } finally {
    file.close();
  }
}

/** Of the whole file, and of the labels: they are few bytes of it, and what corrected data differs in. */
function sampleFile(
  file: DiskFile,
  batches: readonly BatchLayout[],
  columns: readonly ColumnLayout[],
  pieces: number,
): string[] {
  const index = columns.findIndex(({ role }) => role === 'label');
  const bytes = rowBytes(columns[index]);
  const labels = batches.map(({ rows, offsets }) => ({ offset: offsets[index], bytes: rows * bytes }));
  const all = [{ offset: 0, bytes: file.stamp.size }];
  return [hashOfSample(file, all, pieces), hashOfSample(file, labels, pieces)];
}

/**
 * Names what is read and how. Not the times or the places of the files, so that a copy of the data resumes a run. Of the
 * values it names a sample, as all of them would mean to read everything: files or labels of up to 256 KiB are covered
 * (with up to 16 files), and 64 places of larger ones. So other data of the same shape is noticed, a single changed value
 * perhaps not.
 */
function fingerprintOf(parts: readonly FilePart[], scale: number): string {
  const description = {
    version: 2,
    files: parts.map(({ file, footerHash, sampleHashes }) => [file.stamp.size, footerHash, ...sampleHashes]),
    columns: parts[0].columns.map(({ name, role, kind, width }) => [name, role, kind, width]),
    scale,
  };
  return createHash('sha256').update(JSON.stringify(description)).digest('hex');
}
