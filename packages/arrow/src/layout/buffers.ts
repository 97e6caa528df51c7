/** Which nodes and buffers of a record batch belong to which column. */
import type { DataType } from 'apache-arrow';
import type { ArrowField } from '../format/metadata.ts';

/** Where a column's nodes and buffers begin in a record batch's flat lists. */
export interface ColumnStart {
  readonly node: number;
  readonly buffer: number;
  /** Buffers of data behind the views of texts; 0 for all other types. */
  readonly viewBuffers: number;
}

export interface BatchShape {
  readonly columns: readonly ColumnStart[];
  /** Totals that the record batch must have. */
  readonly nodes: number;
  readonly buffers: number;
}

/**
 * Buffers per type in metadata V5, children not counted; keyed by apache-arrow's number of the type. Types with two
 * buffers (validity, values) are left out.
 */
const BUFFERS: Readonly<Record<number, number>> = {
  1: 0, // Null
  4: 3, // Binary: validity, offsets, values
  5: 3, // Utf8
  13: 1, // Struct: validity
  14: 2, // Union, dense: type ids, offsets
  16: 1, // FixedSizeList: validity
  19: 3, // LargeBinary
  20: 3, // LargeUtf8
};
const DICTIONARY = -1;
const UNION = 14;
const BINARY_VIEW = 23;
const UTF8_VIEW = 24;
const SPARSE = 0;
const V4 = 3;

/** Walks the columns depth first, as the format lists them. `viewBuffers`: data buffers of each view column. */
export function shapeOfBatch(
  fields: readonly ArrowField[],
  viewBuffers: readonly number[],
  version: number,
): BatchShape {
  let nodes = 0;
  let buffers = 0;
  let views = 0;

  const walk = (type: DataType): void => {
    const id = Number(type.typeId);
    nodes += 1;
    buffers += BUFFERS[id] ?? 2;
    if (id === UNION) {
      if (Number((type as unknown as { mode: number }).mode) === SPARSE) buffers -= 1;
      if (version === V4) buffers += 1; // unions had a validity bitmap then
    }
    if (id === BINARY_VIEW || id === UTF8_VIEW) buffers += viewBuffers[views++] ?? 0;
    // The values of a dictionary lie in dictionary batches of their own.
    if (id === DICTIONARY) return;
    for (const child of type.children ?? []) walk(child.type);
  };

  const columns = fields.map((field) => {
    const id = Number(field.type.typeId);
    const behind = id === BINARY_VIEW || id === UTF8_VIEW ? (viewBuffers[views] ?? 0) : 0;
    const start = { node: nodes, buffer: buffers, viewBuffers: behind };
    walk(field.type);
    return start;
  });
  return { columns, nodes, buffers };
}
