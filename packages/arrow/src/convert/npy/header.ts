/** The header of NPY, the format of one NumPy array (numpy.lib.format): a magic, a length, a dict of Python as text. */
import { invalidFile } from '../../format/errors.ts';
import type { ByteStream } from '../byteStream.ts';
import type { ColumnType } from '../table/columns.ts';

const LARGEST_HEADER = 2 ** 16;
/** Numbers of a row. */
const LARGEST_ROW = 2 ** 24;

/** What stands behind the order of the bytes in a type's name. */
const TYPES: ReadonlyMap<string, ColumnType> = new Map<string, ColumnType>([
  ...([
    ['b1', 'bool'],
    ['u1', 'uint8'],
    ['i1', 'int8'],
    ['u2', 'uint16'],
    ['i2', 'int16'],
    ['u4', 'uint32'],
  ] as const),
  ...([
    ['i4', 'int32'],
    ['u8', 'uint64'],
    ['i8', 'int64'],
    ['f2', 'float16'],
    ['f4', 'float32'],
    ['f8', 'float64'],
  ] as const),
]);

export interface NpyHeader {
  readonly type: ColumnType;
  /** Whether the bytes of each number stand in the other order than a table has them. */
  readonly isBigEndian: boolean;
  readonly rows: number;
  /** The product of all dimensions but the first. */
  readonly perRow: number;
  /** Bytes before the values. */
  readonly bytes: number;
}

/** FILE_INVALID for what is no array of numbers in C order, of one dimension or more. */
export async function readNpyHeader(stream: ByteStream): Promise<NpyHeader> {
  const start = Buffer.from(await stream.take(8, 'an NPY header'));
  const version = start[6];
  if (start.toString('latin1', 0, 6) !== '\x93NUMPY' || version < 1 || version > 3) {
    throw refuse(stream, 0, '93 4e 55 4d 50 59, the start of an NPY file of version 1 to 3', start.toString('hex'));
  }
  const lengthBytes = version === 1 ? 2 : 4;
  const length = Buffer.from(await stream.take(lengthBytes, 'a length')).readUIntLE(0, lengthBytes);
  if (length > LARGEST_HEADER) throw refuse(stream, 8, `a header of at most ${LARGEST_HEADER} bytes`, String(length));
  const text = Buffer.from(await stream.take(length, 'a header')).toString('utf8');
  const described = /'descr':\s*'([^']{1,20})'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (order === undefined || shape === undefined) {
    throw refuse(stream, 10, "a dict with 'descr', 'fortran_order' and 'shape'", JSON.stringify(text.slice(0, 60)));
  }
  const type = /^[<>|]/.test(described ?? '') ? TYPES.get(described!.slice(1)) : undefined;
  if (type === undefined) {
    const expected = `numbers (${[...TYPES.keys()].join(', ')})`;
    throw refuse(stream, 10, expected, described ?? 'fields or objects', "Convert it: array.astype('<f4').");
  }
  const sizes = shape.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]));
  const perRow = sizes.slice(1).reduce((product, size) => product * size, 1);
  if (sizes.length === 0 || !sizes.every(Number.isSafeInteger) || perRow < 1 || perRow > LARGEST_ROW) {
    const advice =
      sizes.length === 0 ? 'It is one number alone: save numpy.array([number]), or leave it out.' : undefined;
    throw refuse(stream, 10, `rows of 1 to ${LARGEST_ROW} numbers`, `the shape (${shape.slice(0, 60)})`, advice);
  }
  // One dimension alone is in both orders.
  if (order === 'True' && sizes.filter((size) => size !== 1).length > 1) {
    throw refuse(stream, 10, 'C order', 'Fortran order', 'Save numpy.ascontiguousarray(array).');
  }
  return { type, isBigEndian: described!.startsWith('>'), rows: sizes[0], perRow, bytes: 8 + lengthBytes + length };
}

function refuse({ name }: ByteStream, byte: number, expected: string, received: string, advice?: string): Error {
  const place = `${name}, byte ${byte}`;
  return invalidFile({ place, expected, received, ...(advice === undefined ? {} : { advice }) });
}
