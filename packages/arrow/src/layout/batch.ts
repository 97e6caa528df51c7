/** One record batch's buffers, checked against its rows and its body. */
import { LockstepError } from '@lockstep/core/source';
import type { RecordBatch as RecordBatchHeader } from 'apache-arrow/ipc/metadata/message';
import { invalidFile, place } from '../format/errors.ts';
import type { ArrowField, Block } from '../format/metadata.ts';
import { shapeOfBatch } from './buffers.ts';
import { BYTES } from './types.ts';
import type { ColumnLayout } from './types.ts';

/** Bytes of the file that hold one thing. */
export interface Extent {
  readonly offset: number;
  readonly bytes: number;
}

/** Whether some of `entries` values are null: a count and, where the file has one, a bitmap. */
export interface Validity {
  readonly nulls: number;
  readonly entries: number;
  /** Values of a list per row; 1 for rows themselves. */
  readonly entriesPerRow: number;
  readonly bitmap: Extent;
}

export interface ColumnBuffers {
  /** Byte of the file where the values begin. */
  readonly offset: number;
  /** Of the rows and, for a list, of its items. */
  readonly validities: readonly Validity[];
}

/** The needed columns' buffers; every check that does not have to read the body. */
export function locateColumns(
  where: string,
  fields: readonly ArrowField[],
  header: RecordBatchHeader,
  block: Block,
  version: number,
  columns: readonly ColumnLayout[],
): ColumnBuffers[] {
  requireUncompressed(where, header);
  const shape = checkBatch(where, fields, header, block, version);
  return columns.map((column) => {
    const index = fields.findIndex((field) => field.name === column.name);
    const start = shape.columns[index];
    const isList = (fields[index].type.children ?? []).length === 1;
    const columnPlace = place(where, `column ${JSON.stringify(column.name)}`);
    return locateColumn(columnPlace, header, block, column, start.node, start.buffer, isList);
  });
}

/** Checks that hold for every column, used or not. Returns where each column's buffers are. */
export function checkBatch(
  where: string,
  fields: readonly ArrowField[],
  header: RecordBatchHeader,
  block: Block,
  version: number,
): ReturnType<typeof shapeOfBatch> {
  if (header.length < 0) throw invalidFile({ place: where, expected: 'rows', received: String(header.length) });
  const shape = shapeOfBatch(fields, header.variadicBufferCounts, version);
  if (header.nodes.length !== shape.nodes || header.buffers.length !== shape.buffers) {
    throw invalidFile({
      place: where,
      expected: `${shape.nodes} nodes and ${shape.buffers} buffers, as the schema demands`,
      received: `${header.nodes.length} nodes and ${header.buffers.length} buffers`,
    });
  }
  fields.forEach((field, i) => {
    const { length } = header.nodes[shape.columns[i].node];
    if (length === header.length) return;
    throw invalidFile({
      place: place(where, `column ${JSON.stringify(field.name)}`),
      expected: `${header.length} rows, as the record batch has`,
      received: String(length),
    });
  });
  checkBuffers(where, header, block);
  return shape;
}

/** Buffers follow one another inside the body, as all writers lay them out; shared bytes would be a sign of damage. */
function checkBuffers(where: string, header: RecordBatchHeader, block: Block): void {
  let end = 0;
  header.buffers.forEach(({ offset, length }, i) => {
    if (length === 0) return;
    if (offset % 8 !== 0 || length < 0 || offset < end || offset + length > block.bodyBytes) {
      throw invalidFile({
        place: place(where, `buffer ${i}`),
        expected: `an extent aligned to 8 bytes between bytes ${end} and ${block.bodyBytes} of the body`,
        received: `offset ${offset}, length ${length}`,
      });
    }
    end = offset + length;
  });
}

function locateColumn(
  where: string,
  header: RecordBatchHeader,
  block: Block,
  column: ColumnLayout,
  node: number,
  buffer: number,
  isList: boolean,
): ColumnBuffers {
  const body = block.offset + block.metadataBytes;
  const extent = (index: number): Extent => {
    const { offset, length } = header.buffers[index];
    return { offset: body + offset, bytes: length };
  };
  const validity = (nodeIndex: number, bufferIndex: number, entriesPerRow: number): Validity => {
    const { length, nullCount } = header.nodes[nodeIndex];
    return { nulls: nullCount, entries: length, entriesPerRow, bitmap: extent(bufferIndex) };
  };

  const rows = validity(node, buffer, 1);
  const items = isList ? validity(node + 1, buffer + 1, column.width) : undefined;
  const entries = header.length * column.width;
  if (items !== undefined && items.entries !== entries) {
    throw invalidFile({
      place: where,
      expected: `${header.length} rows × ${column.width} = ${entries} list items`,
      received: String(items.entries),
    });
  }
  const values = extent(isList ? buffer + 2 : buffer + 1);
  const needed = entries * BYTES[column.kind];
  if (values.bytes < needed) {
    throw invalidFile({
      place: place(where, `byte ${values.offset}`),
      expected: `${needed} bytes for ${entries} values of ${column.kind}`,
      received: `a buffer of ${values.bytes}`,
    });
  }
  return { offset: values.offset, validities: items === undefined ? [rows] : [rows, items] };
}

function requireUncompressed(where: string, header: RecordBatchHeader): void {
  if (header.compression === null) return;
  throw new LockstepError('FILE_INVALID', {
    place: where,
    expected: 'an uncompressed body',
    received: `${compressionName(header)} compression`,
    advice: 'Values are read in place, every epoch: write the file without compression (pyarrow: compression=None).',
  });
}

/** `none`, `LZ4` or `ZSTD`. */
export function compressionName(header: RecordBatchHeader): string {
  if (header.compression === null) return 'none';
  return ['LZ4', 'ZSTD'][Number(header.compression.type)] ?? `codec ${Number(header.compression.type)}`;
}
