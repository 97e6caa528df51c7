/** Arrow tables of any copy of apache-arrow as an IPC stream in shared memory. */
import { setImmediate } from 'node:timers/promises';
import type { Data, DataType, Field, Vector } from 'apache-arrow';
import { invalidFile } from '../format/errors.ts';

/** What is looked at of a table: apache-arrow's `Table` has it, whichever copy or build of the library made it. */
export interface ArrowTable {
  readonly schema: { readonly fields: readonly unknown[] };
  readonly batches: readonly unknown[];
}

/** As much of a record batch. */
export interface ArrowRecordBatch {
  readonly schema: { readonly fields: readonly unknown[] };
  readonly data: { readonly children: readonly unknown[] };
}

/** Copied between breaths of the event loop. */
const BREATH_BYTES = 64 * 2 ** 20;

export function isTable(value: unknown): value is ArrowTable {
  return hasFields(value) && Array.isArray((value as { batches?: unknown }).batches);
}

export function isRecordBatch(value: unknown): value is ArrowRecordBatch {
  return hasFields(value) && Array.isArray((value as { data?: { children?: unknown } }).data?.children);
}

function hasFields(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('schema' in value)) return false;
  return Array.isArray((value.schema as { fields?: unknown } | undefined)?.fields);
}

/**
 * The record batches as an IPC stream, in which dictionaries may be replaced between batches. apache-arrow's writer hands out
 * the table's own buffers, so each value is copied once, into the shared memory. FILE_INVALID for what cannot be written.
 */
export async function tableBytes(name: string, batches: readonly ArrowRecordBatch[]): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  try {
    const arrow = await import('apache-arrow');
    const own = new Adopter(arrow);
    const fields = batches[0].schema.fields.map((field) => own.field(field as Field));
    const adopted = batches.map(({ schema, data }, index) => {
      requireSameColumns(index, schema.fields, batches[0].schema.fields);
      return own.batch(fields, data as unknown as Data);
    });
    const writer = arrow.RecordBatchStreamWriter.writeAll(adopted);
    for await (const piece of writer) pieces.push(piece as Uint8Array);
  } catch (cause) {
    throw invalidFile({
      place: name,
      expected: 'a table that apache-arrow can write',
      received: String(cause).slice(0, 200),
      advice: 'Check how it was made; `tableToIPC` of the library that made it gives bytes, which can be read too.',
      cause,
    });
  }
  const bytes = new Uint8Array(new SharedArrayBuffer(pieces.reduce((sum, { length }) => sum + length, 0)));
  let at = 0;
  let breath = BREATH_BYTES;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
    if (at < breath) continue;
    breath = at + BREATH_BYTES;
    await setImmediate();
  }
  return bytes;
}

function requireSameColumns(index: number, fields: readonly unknown[], first: readonly unknown[]): void {
  const [here, there] = [fields, first].map((some) => some.map(String).join(', '));
  if (here !== there) throw new TypeError(`record batch ${index} has the columns ${here}, the first ${there}`);
}

type Arrow = typeof import('apache-arrow');

/**
 * Makes of another copy's objects those of this one, over the same buffers: the library looks at classes, and two copies (a
 * package of its own, `require` beside `import`) have two of each. By their public properties alone.
 */
class Adopter {
  private readonly arrow: Arrow;
  private readonly types: ReadonlyMap<number, { readonly prototype: object }>;
  /** The writer tells by the identity of its data whether a dictionary is still the same. */
  private readonly dictionaries = new Map<unknown, Data>();

  constructor(arrow: Arrow) {
    this.arrow = arrow;
    const { Type, Date_: DateType, Map_: MapType } = arrow;
    this.types = new Map<number, { readonly prototype: object }>([
      [Type.Null, arrow.Null],
      [Type.Int, arrow.Int],
      [Type.Float, arrow.Float],
      [Type.Binary, arrow.Binary],
      [Type.LargeBinary, arrow.LargeBinary],
      [Type.Utf8, arrow.Utf8],
      [Type.LargeUtf8, arrow.LargeUtf8],
      [Type.BinaryView, arrow.BinaryView],
      [Type.Utf8View, arrow.Utf8View],
      [Type.LargeList, arrow.LargeList],
      [Type.Bool, arrow.Bool],
      [Type.Decimal, arrow.Decimal],
      [Type.Date, DateType],
      [Type.Time, arrow.Time],
      [Type.Timestamp, arrow.Timestamp],
      [Type.Interval, arrow.Interval],
      [Type.Duration, arrow.Duration],
      [Type.List, arrow.List],
      [Type.Struct, arrow.Struct],
      [Type.Union, arrow.Union],
      [Type.FixedSizeBinary, arrow.FixedSizeBinary],
      [Type.FixedSizeList, arrow.FixedSizeList],
      [Type.Map, MapType],
      [Type.Dictionary, arrow.Dictionary],
    ]);
  }

  batch(fields: readonly Field[], data: Data): InstanceType<Arrow['RecordBatch']> {
    const { RecordBatch, Schema, Struct } = this.arrow;
    const own = [...fields];
    const children = data.children.map((child) => this.data(child));
    const type = new Struct(own);
    const struct = this.arrow.makeData({ type, length: data.length, nullCount: 0, children });
    return new RecordBatch(new Schema(own), struct) as InstanceType<Arrow['RecordBatch']>;
  }

  field({ name, type, nullable }: Field): Field {
    return new this.arrow.Field(name, this.type(type as DataType), nullable);
  }

  private type(type: DataType): DataType {
    const Own = this.types.get(Number(type.typeId));
    if (Own === undefined) throw new TypeError(`type ${Number(type.typeId)} is not known`);
    const properties = Object.entries(type).map(([key, value]): [string, unknown] => {
      if (key === 'children') return [key, (value as Field[] | null)?.map((child) => this.field(child))];
      if (key === 'dictionary' || key === 'indices') return [key, this.type(value as DataType)];
      return [key, value];
    });
    const own = Object.create(Own.prototype) as DataType;
    return Object.assign(own, Object.fromEntries(properties), { typeId: type.typeId });
  }

  private data(data: Data): Data {
    const {
      offset,
      length,
      nullCount,
      valueOffsets,
      values,
      nullBitmap,
      typeIds,
      children,
      dictionary,
      variadicBuffers,
    } = data;
    const buffers = [valueOffsets, values, nullBitmap, typeIds] as never;
    const own = children.map((child) => this.data(child));
    const texts = dictionary === undefined ? undefined : this.dictionary(dictionary);
    return new this.arrow.Data(this.type(data.type), offset, length, nullCount, buffers, own, texts, variadicBuffers);
  }

  private dictionary(dictionary: Vector): Vector {
    const data = dictionary.data.map((piece) => {
      const known = this.dictionaries.get(piece);
      if (known !== undefined) return known;
      const own = this.data(piece as Data);
      this.dictionaries.set(piece, own);
      return own;
    });
    return new this.arrow.Vector(data);
  }
}
