/**
 * The tables of Arrow's metadata as rules for the bounds check: field by field in the order of File.fbs, Message.fbs
 * and Schema.fbs of the Arrow format, version 1.5. Trailing fields that nothing here reads are left out.
 */
import type { FieldRule, TableRule } from './flatbuffer.ts';

const byte: FieldRule = { kind: 'scalar', bytes: 1 };
const short: FieldRule = { kind: 'scalar', bytes: 2 };
const int: FieldRule = { kind: 'scalar', bytes: 4 };
const long: FieldRule = { kind: 'scalar', bytes: 8 };
const string: FieldRule = { kind: 'string' };

const keyValue: TableRule = [string, string];
const customMetadata: FieldRule = { kind: 'tables', rule: () => keyValue };
const intType: TableRule = [int, byte]; // bitWidth, is_signed

/** Indexed by the number of the type in the union `Type`; 0 is "none". */
const types: readonly (TableRule | undefined)[] = [
  undefined,
  [], // 1 Null
  intType,
  [short], // 3 FloatingPoint: precision
  [], // 4 Binary
  [], // 5 Utf8
  [], // 6 Bool
  [int, int, int], // 7 Decimal: precision, scale, bitWidth
  [short], // 8 Date: unit
  [short, int], // 9 Time: unit, bitWidth
  [short, string], // 10 Timestamp: unit, timezone
  [short], // 11 Interval: unit
  [], // 12 List
  [], // 13 Struct
  [short, { kind: 'values', bytes: 4 }], // 14 Union: mode, typeIds
  [int], // 15 FixedSizeBinary: byteWidth
  [int], // 16 FixedSizeList: listSize
  [byte], // 17 Map: keysSorted
  [short], // 18 Duration: unit
  [], // 19 LargeBinary
  [], // 20 LargeUtf8
  [], // 21 LargeList
  [], // 22 RunEndEncoded
  [], // 23 BinaryView
  [], // 24 Utf8View
  [], // 25 ListView
  [], // 26 LargeListView
];

const dictionaryEncoding: TableRule = [long, { kind: 'table', rule: () => intType }, byte, short];

const field: TableRule = [
  string, // name
  byte, // nullable
  byte, // type of type
  { kind: 'union', rules: () => types },
  { kind: 'table', rule: () => dictionaryEncoding },
  { kind: 'tables', rule: () => field }, // children
  customMetadata,
];

/** Values of the other order would be read as other numbers, and nothing else would tell. */
const endianness: FieldRule = {
  kind: 'zero',
  words: {
    expected: 'values in little-endian order',
    received: 'a schema of big-endian values',
    advice: 'Write the file again on a little-endian machine (x86-64, arm64).',
  },
};

const schema: TableRule = [endianness, { kind: 'tables', rule: () => field }, customMetadata];

const block: FieldRule = { kind: 'values', bytes: 24 }; // offset, metadata length and padding, body length

export const footerRule: TableRule = [
  short, // version
  { kind: 'table', rule: () => schema, required: true },
  block, // dictionaries
  block, // record batches
];

const recordBatch: TableRule = [
  long, // rows
  { kind: 'values', bytes: 16 }, // nodes: length, null count
  { kind: 'values', bytes: 16 }, // buffers: offset, length
  { kind: 'table', rule: () => [byte, byte] }, // compression: codec, method
  { kind: 'values', bytes: 8 }, // variadic buffer counts
];

const dictionaryBatch: TableRule = [long, { kind: 'table', rule: () => recordBatch }, byte];

/** Indexed by the number of the header in the union `MessageHeader`. */
const headers: readonly (TableRule | undefined)[] = [undefined, schema, dictionaryBatch, recordBatch];

export const messageRule: TableRule = [
  short, // version
  byte, // type of header
  { kind: 'union', rules: () => headers },
  long, // body length
  customMetadata,
];
