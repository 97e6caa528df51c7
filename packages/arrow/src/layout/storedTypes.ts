/** From Arrow's types to how values of them are stored. */
import type { DataType } from 'apache-arrow';
import type { TimeUnit } from './reading.ts';
import type { DecimalKind, NumberKind, StoredKind, TextKind } from './types.ts';

/** How a column is stored. */
export interface StoredType {
  readonly kind: StoredKind;
  /** Values per row; 0 for a list whose type gives no length. */
  readonly width: number;
  readonly isList: boolean;
  /** Whether lists, of which the type gives no length, have offsets of 64 bits. */
  readonly hasLargeOffsets?: boolean;
  /** What a dictionary holds, of which `kind` is the index; the value's own kind elsewhere. */
  readonly valueKind: StoredKind;
  /** Number of the dictionary in the files' messages. */
  readonly dictionary?: number;
  /** Of dates and times. */
  readonly unit?: TimeUnit;
  /** Digits behind the point of a decimal. */
  readonly decimalPlaces?: number;
}

// apache-arrow's numbers of types; the enum itself would have to be imported, which is what this package puts off.
const INT = 2;
const FLOAT = 3;
const BOOL = 6;
const DECIMAL = 7;
const DATE = 8;
const TIME = 9;
const TIMESTAMP = 10;
const LIST = 12;
const FIXED_SIZE_LIST = 16;
const DURATION = 18;
const LARGE_LIST = 21;
const DICTIONARY = -1;
const TEXTS: Readonly<Record<number, TextKind>> = { 5: 'utf8', 20: 'largeUtf8', 24: 'utf8View' };
const FLOAT_KINDS = ['float16', 'float32', 'float64'] as const;
const UNITS = ['s', 'ms', 'us', 'ns'] as const;

/** undefined for types that nothing is read of: structs, unions, binary data, lists of other than numbers. */
export function storedType(type: DataType): StoredType | undefined {
  const id = Number(type.typeId);
  if (id === FIXED_SIZE_LIST || id === LIST || id === LARGE_LIST) {
    const width = id === FIXED_SIZE_LIST ? (type as unknown as { listSize: number }).listSize : 0;
    const item = type.children[0] === undefined ? undefined : scalarType(type.children[0].type);
    if (item === undefined || (id === FIXED_SIZE_LIST && width < 1)) return undefined;
    return { ...item, width, isList: true, ...(id === LARGE_LIST ? { hasLargeOffsets: true } : {}) };
  }
  if (id === DICTIONARY) return dictionaryType(type);
  const kind = TEXTS[id];
  return kind === undefined ? scalarType(type) : { kind, width: 1, isList: false, valueKind: kind };
}

function dictionaryType(type: DataType): StoredType | undefined {
  const { dictionary, indices, id } = type as unknown as { dictionary: DataType; indices: DataType; id: number };
  const { kind } = scalarType(indices) ?? {};
  const valueKind = TEXTS[Number(dictionary.typeId)] ?? numberKind(dictionary);
  if (valueKind === undefined || kind === undefined || !kind.includes('int')) return undefined;
  return { kind, width: 1, isList: false, valueKind, dictionary: Number(id) };
}

function scalarType(type: DataType): StoredType | undefined {
  const { unit, scale } = type as unknown as { readonly unit: number; readonly scale: number };
  const of = (kind: StoredKind | undefined, more: Partial<StoredType> = {}): StoredType | undefined =>
    kind === undefined ? undefined : { kind, width: 1, isList: false, valueKind: kind, ...more };
  switch (Number(type.typeId)) {
    case INT:
    case FLOAT:
      return of(numberKind(type));
    case BOOL:
      return of('bool');
    case DECIMAL:
      return of(decimalKind(type), { decimalPlaces: scale });
    case DATE:
      // Days, or milliseconds.
      return unit === 0 ? of('int32', { unit: 'day' }) : of('int64', { unit: 'ms' });
    case TIME:
      return of(intKind(type, true), { unit: UNITS[unit] });
    case TIMESTAMP:
    case DURATION:
      return of('int64', { unit: UNITS[unit] });
    default:
      return undefined;
  }
}

function numberKind(type: DataType): NumberKind | undefined {
  const { precision, isSigned } = type as unknown as { readonly precision: number; readonly isSigned: boolean };
  if (Number(type.typeId) === INT) return intKind(type, isSigned);
  return Number(type.typeId) === FLOAT ? FLOAT_KINDS[precision] : undefined;
}

function intKind(type: DataType, isSigned: boolean): NumberKind | undefined {
  const { bitWidth } = type as unknown as { readonly bitWidth: number };
  if (bitWidth !== 8 && bitWidth !== 16 && bitWidth !== 32 && bitWidth !== 64) return undefined;
  return `${isSigned ? 'int' : 'uint'}${bitWidth}`;
}

/** Digits behind the point may be negative, but not without end. */
function decimalKind(type: DataType): DecimalKind | undefined {
  const { bitWidth, scale } = type as unknown as { readonly bitWidth: number; readonly scale: number };
  if (bitWidth !== 32 && bitWidth !== 64 && bitWidth !== 128 && bitWidth !== 256) return undefined;
  return Math.abs(scale) > 80 ? undefined : `decimal${bitWidth}`;
}
