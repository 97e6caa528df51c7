import type { DataType } from 'apache-arrow';
import { writeAtomically } from '@lockstep/core/files';
import { LockstepError } from '@lockstep/core/source';
import type { NumberKind } from '../layout/types.ts';

/** A column to write: numbers, or fixed-size lists of them when `listSize` is given. */
export interface ArrowColumn {
  readonly name: string;
  readonly kind: NumberKind;
  readonly listSize?: number;
  /** Whether rows may be null. Default false. */
  readonly nullable?: boolean;
}

/** A column's values in one record batch: rows × list size, row-major; float16 as its bit patterns. */
export type ColumnValues =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** Values of a nullable column: bit `row % 8` of byte `row / 8` is 1 where the row is not null. */
export interface NullableValues {
  readonly values: ColumnValues;
  readonly validity: Uint8Array;
  readonly nullCount: number;
}

export type ColumnBatch = ColumnValues | NullableValues;

type Arrow = typeof import('apache-arrow');

/**
 * Writes an Arrow IPC file, uncompressed; `arrowDataset` reads its columns without nulls in place. Each entry of
 * `batches` becomes a record batch: the values of every column, in the order of `columns`. Batches are written as they
 * come, so a generator of them runs in the memory of about one. The file appears when it is complete.
 * `onBytes` sees all of its bytes in their order.
 *
 * The same input gives the same bytes. Returns the number of rows. Errors: INVALID_DATA for values that do not fit
 * their column, FILE_NOT_WRITTEN, and what `batches` throws.
 */
export async function writeArrow(
  path: string,
  columns: readonly ArrowColumn[],
  batches: Iterable<readonly ColumnBatch[]> | AsyncIterable<readonly ColumnBatch[]>,
  onBytes?: (bytes: Uint8Array) => void,
): Promise<number> {
  const arrow = await import('apache-arrow');
  const types = columns.map((column) => columnType(arrow, column));
  const schema = new arrow.Schema(
    columns.map(({ name, nullable = false }, i) => new arrow.Field(name, types[i], nullable)),
  );
  let total = 0;

  await writeAtomically(path, async (file) => {
    const writer = new arrow.RecordBatchFileWriter();
    let written = 0;
    let failure: { readonly error: unknown } | undefined;
    let onProgress = (): void => {};
    const drain = async (): Promise<void> => {
      for await (const bytes of writer) {
        onBytes?.(bytes);
        await file.write(bytes);
        written += bytes.byteLength;
        onProgress();
      }
    };
    const drained = drain().catch((error: unknown) => {
      failure = { error };
      onProgress();
    });

    writer.reset(undefined, schema);
    for await (const values of batches) {
      const rows = requireRows(path, columns, values);
      writer.write(recordBatch(arrow, schema, types, values, rows));
      total += rows;
      // The writer queues without limit, and its queue is slow when it is long; wait until all of it has reached the file.
      while (written < queuedBy(writer) && failure === undefined) {
        await new Promise<void>((resolve) => {
          onProgress = resolve;
        });
      }
      if (failure !== undefined) break;
    }
    writer.finish();
    await drained;
    if (failure !== undefined) throw failure.error;
  });
  return total;
}

/** The field of apache-arrow's writer that counts the bytes queued so far, those already taken included. */
const POSITION = '_position';

function queuedBy(writer: object): number {
  return (writer as { readonly [POSITION]: number })[POSITION];
}

function recordBatch(
  arrow: Arrow,
  schema: InstanceType<Arrow['Schema']>,
  types: readonly DataType[],
  values: readonly ColumnBatch[],
  rows: number,
): InstanceType<Arrow['RecordBatch']> {
  const children = types.map((type, i) => {
    const batch = values[i];
    const data = valuesOf(batch);
    const nulls = 'validity' in batch ? { nullCount: batch.nullCount, nullBitmap: batch.validity } : { nullCount: 0 };
    if (!arrow.DataType.isFixedSizeList(type)) return arrow.makeData({ type, length: rows, ...nulls, data } as never);
    const child = arrow.makeData({ type: type.valueType, length: data.length, nullCount: 0, data } as never);
    return arrow.makeData({ type, length: rows, ...nulls, child } as never);
  });
  const struct = new arrow.Struct(schema.fields);
  const data = arrow.makeData({ type: struct, length: rows, nullCount: 0, children } as never);
  return new arrow.RecordBatch(schema, data as never);
}

function columnType(arrow: Arrow, { kind, listSize }: ArrowColumn): DataType {
  const scalar: DataType = {
    uint8: () => new arrow.Uint8(),
    int8: () => new arrow.Int8(),
    uint16: () => new arrow.Uint16(),
    int16: () => new arrow.Int16(),
    uint32: () => new arrow.Uint32(),
    int32: () => new arrow.Int32(),
    uint64: () => new arrow.Uint64(),
    int64: () => new arrow.Int64(),
    float16: () => new arrow.Float16(),
    float32: () => new arrow.Float32(),
    float64: () => new arrow.Float64(),
  }[kind]();
  return listSize === undefined ? scalar : new arrow.FixedSizeList(listSize, new arrow.Field('item', scalar, false));
}

/** The arrays that hold each kind. */
const ARRAYS: Readonly<Record<NumberKind, string>> = {
  uint8: 'Uint8Array',
  int8: 'Int8Array',
  uint16: 'Uint16Array',
  int16: 'Int16Array',
  uint32: 'Uint32Array',
  int32: 'Int32Array',
  uint64: 'BigUint64Array',
  int64: 'BigInt64Array',
  float16: 'Uint16Array',
  float32: 'Float32Array',
  float64: 'Float64Array',
};

function valuesOf(batch: ColumnBatch): ColumnValues {
  return 'validity' in batch ? batch.values : batch;
}

function requireRows(path: string, columns: readonly ArrowColumn[], batches: readonly ColumnBatch[]): number {
  const rows = valuesOf(batches[0]).length / (columns[0].listSize ?? 1);
  columns.forEach(({ name, kind, listSize = 1, nullable = false }, i) => {
    const batch = batches[i];
    const array = batch === undefined ? undefined : valuesOf(batch);
    const fits = array?.constructor.name === ARRAYS[kind] && array.length === rows * listSize && Number.isInteger(rows);
    if (fits && (!('validity' in batch) || (nullable && batch.validity.length >= Math.ceil(rows / 8)))) return;
    throw new LockstepError('INVALID_DATA', {
      place: `${path}, column ${JSON.stringify(name)}`,
      expected: `a ${ARRAYS[kind]} of ${rows} × ${listSize} values${fits ? ', with a bit a row only if nullable' : ''}`,
      received: array === undefined ? 'nothing' : `a ${array.constructor.name} of ${array.length}`,
      advice: 'Give every column of a record batch the same number of rows.',
    });
  });
  return rows;
}
