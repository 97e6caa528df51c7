/** What the calling thread hands to the loader's thread: plain data that says where every value lies. */
import { NUMBER_BYTES as BYTES } from '@lockstep/core/source';
import type { NumberKind } from '@lockstep/core/source';
import type { FileLayout } from '../format/arrowFile.ts';

export type { NumberKind };
export { BYTES };

/** Texts one after another, with offsets of 32 or 64 bits; or views of 16 bytes, which hold short texts themselves. */
export type TextKind = 'utf8' | 'largeUtf8' | 'utf8View';

/** Integers of so many bits, which stand for so many tenths, hundredths and so on. */
export type DecimalKind = 'decimal32' | 'decimal64' | 'decimal128' | 'decimal256';

/** What a column may hold in a file. Dates, times and dictionary indices are integers there. */
export type StoredKind = NumberKind | 'bool' | DecimalKind | TextKind;

export function isNumberKind(kind: StoredKind): kind is NumberKind {
  return Object.hasOwn(BYTES, kind);
}

export function isTextKind(kind: StoredKind): kind is TextKind {
  return kind === 'utf8' || kind === 'largeUtf8' || kind === 'utf8View';
}

export interface ColumnTerms {
  readonly subtract: readonly number[];
  readonly factor: readonly number[];
}

export interface ColumnLayout {
  readonly name: string;
  readonly role: 'feature' | 'label' | 'sampleWeight';
  readonly kind: NumberKind;
  /** Values per row: the list size, or 1 for a scalar column. */
  readonly width: number;
  /** Factor of this column's features; that of the layout where it is left out. */
  readonly scale?: number;
  /** Of a column that is normalised, in place of a factor: a feature is `(value - subtract) × factor`. [width] each. */
  readonly terms?: ColumnTerms;
}

export interface BatchLayout {
  /** Index into `files`. */
  readonly file: number;
  /** Number of the record batch in its file. */
  readonly number: number;
  readonly rows: number;
  /** Row of the file that this batch begins with. */
  readonly firstRow: number;
  /** For each of `columns`: the byte of the file where the batch's values begin. */
  readonly offsets: readonly number[];
}

/** A row range inside one record batch; the unit of reading and shuffling. */
export interface ChunkLayout {
  /** Index into `batches`. */
  readonly batch: number;
  /** Row of the batch that this chunk begins with. */
  readonly firstRow: number;
  readonly rows: number;
}

export interface ArrowLayout {
  readonly files: readonly FileLayout[];
  /** Features in the order of a batch's columns, then the label, then the sample weight if there is one. */
  readonly columns: readonly ColumnLayout[];
  readonly batches: readonly BatchLayout[];
  readonly chunks: readonly ChunkLayout[];
  /** Factor of every feature. */
  readonly scale: number;
}

/** Numbers of a run begin at a multiple of this in a window: every kind is aligned, and rows lie on cache lines where their size allows. */
export const ALIGNMENT = 64;
export const PAGE = 4096;

export function rowBytes(column: { readonly kind: NumberKind; readonly width: number }): number {
  return BYTES[column.kind] * column.width;
}
