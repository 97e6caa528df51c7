/** One record batch's buffers, checked against its rows and its body. */
import type { RecordBatch as RecordBatchHeader } from 'apache-arrow/ipc/metadata/message';
import type { Codec } from '../format/compression.ts';
import { invalidFile, place } from '../format/errors.ts';
import type { ArrowField, Block } from '../format/metadata.ts';
import { shapeOfBatch } from './buffers.ts';
import type { BatchShape, ColumnStart } from './buffers.ts';
import { bytesOf } from './storedBytes.ts';
import { isTextKind } from './types.ts';
import type { StoredKind } from './types.ts';

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
  /** The values' buffer in the file, where they are compressed if the batch is. */
  readonly values: Extent;
  /** Values in that buffer, of rows or list items. */
  readonly entries: number;
  /** Of the rows and, for a list, of its items. */
  readonly validities: readonly Validity[];
  /** Where the lists of each row begin and end; only for lists whose type gives no length. */
  readonly listOffsets?: Extent;
  /** Bytes of texts, of which `values` are the offsets or views. */
  readonly texts?: readonly Extent[];
}

/** A column whose buffers are asked for. */
export interface LocatedColumn {
  readonly name: string;
  readonly kind: StoredKind;
  /** Values per row; 0 where only the rows tell. */
  readonly width: number;
  readonly isList: boolean;
  /** Whether the offsets of lists have 64 bits. */
  readonly hasLargeOffsets?: boolean;
}

/** The needed columns' buffers; every check that does not have to read the body. */
export function locateColumns(
  where: string,
  fields: readonly ArrowField[],
  header: RecordBatchHeader,
  block: Block,
  version: number,
  columns: readonly LocatedColumn[],
): ColumnBuffers[] {
  const shape = checkBatch(where, fields, header, block, version);
  const { indices } = schemaOf(fields, version);
  return columns.map((column) => {
    const start = shape.columns[indices.get(column.name)!];
    const columnPlace = place(where, `column ${JSON.stringify(column.name)}`);
    return locateColumn(columnPlace, header, block, column, start);
  });
}

/** What is alike in all record batches of a schema: files may have hundreds of thousands, and thousands of columns. */
interface BatchSchema {
  /** Of a batch without data behind views. */
  readonly shape: BatchShape;
  /** Of the fields, by name; of two of a name the first. */
  readonly indices: ReadonlyMap<string, number>;
}

const SCHEMAS = new WeakMap<readonly ArrowField[], BatchSchema>();

/** `version` is that of the fields' file. */
function schemaOf(fields: readonly ArrowField[], version: number): BatchSchema {
  const known = SCHEMAS.get(fields);
  if (known !== undefined) return known;
  const indices = new Map(fields.map(({ name }, i): [string, number] => [name, i]).toReversed());
  const schema = { shape: shapeOfBatch(fields, [], version), indices };
  SCHEMAS.set(fields, schema);
  return schema;
}

/** Checks that hold for every column, used or not. Returns where each column's buffers are. */
export function checkBatch(
  where: string,
  fields: readonly ArrowField[],
  header: RecordBatchHeader,
  block: Block,
  version: number,
): BatchShape {
  if (header.length < 0) throw invalidFile({ place: where, expected: 'rows', received: String(header.length) });
  const { variadicBufferCounts: views } = header;
  const shape = views.length === 0 ? schemaOf(fields, version).shape : shapeOfBatch(fields, views, version);
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
  column: LocatedColumn,
  { node, buffer, viewBuffers }: ColumnStart,
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

  const { isList, width, kind } = column;
  const hasOffsets = isList && width === 0;
  const values = buffer + 1 + Number(isList) + Number(hasOffsets);
  const rows = validity(node, buffer, 1);
  const items = isList ? validity(node + 1, values - 1, width) : undefined;
  const entries = hasOffsets ? items!.entries : header.length * width;
  if (items !== undefined && (items.entries !== entries || entries < 0)) {
    throw invalidFile({
      place: where,
      expected: `${header.length} rows × ${width} = ${entries} list items`,
      received: String(items.entries),
    });
  }
  const located = extent(values);
  // Texts have an offset more than there are of them, unless there are none at all.
  const hasEnds = kind === 'utf8' || kind === 'largeUtf8';
  const needed = bytesOf(kind, entries + (hasEnds && entries > 0 ? 1 : 0));
  // How long a compressed buffer is in truth, it says itself.
  if (header.compression === null && located.bytes < needed) {
    throw invalidFile({
      place: place(where, `byte ${located.offset}`),
      expected: `${needed} bytes for ${entries} values of ${kind}`,
      received: `a buffer of ${located.bytes}`,
    });
  }
  return {
    ...{ values: located, entries, validities: items === undefined ? [rows] : [rows, items] },
    ...(hasOffsets ? { listOffsets: extent(buffer + 1) } : {}),
    ...(isTextKind(kind)
      ? { texts: Array.from({ length: hasEnds ? 1 : viewBuffers }, (_, i) => extent(values + 1 + i)) }
      : {}),
  };
}

/** The codec of a batch's buffers, or undefined; FILE_INVALID for one that Arrow does not define. */
export function codecOf(where: string, header: RecordBatchHeader): Codec | undefined {
  if (header.compression === null) return undefined;
  const name = compressionName(header);
  if (name === 'LZ4' || name === 'ZSTD') return name;
  throw invalidFile({ place: where, expected: 'LZ4 or ZSTD compression', received: name });
}

/** `none`, `LZ4` or `ZSTD`. */
export function compressionName(header: RecordBatchHeader): string {
  if (header.compression === null) return 'none';
  return ['LZ4', 'ZSTD'][Number(header.compression.type)] ?? `codec ${Number(header.compression.type)}`;
}
