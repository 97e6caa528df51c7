/** What the calling thread hands to the loader's thread where columns have to be prepared: nulls, texts, chosen rows. */
import type { WindowDescription } from '@lockstep/core/source';
import type { FileLayout } from '../format/arrowFile.ts';
import type { Codec } from '../format/compression.ts';
import type { Extent } from './batch.ts';
import type { Reading } from './reading.ts';
import type { Category } from './request.ts';
import { ALIGNMENT } from './types.ts';
import type { StoredKind } from './types.ts';

/** How a column is stored. */
export interface StoredColumn {
  readonly name: string;
  readonly kind: StoredKind;
  /** Values per row. */
  readonly width: number;
  readonly reading: Reading;
}

/** One column of one record batch. */
export interface StoredBuffers {
  readonly values: Extent;
  /** Value of the buffer that row 0 begins with; not 0 in lists alone. */
  readonly firstEntry: number;
  /** Bitmaps; undefined where nothing is null. */
  readonly rowValidity?: Extent;
  readonly entryValidity?: Extent;
  /** Index into `dictionaries`. */
  readonly dictionary?: number;
  /** Bytes of texts, of which `values` are the offsets or views. */
  readonly texts?: readonly Extent[];
}

export interface PreparedBatch {
  /** Index into `files`. */
  readonly file: number;
  /** Number of the record batch in its file. */
  readonly number: number;
  readonly rows: number;
  /** Row of the file that this batch begins with. */
  readonly firstRow: number;
  readonly codec?: Codec;
  readonly columns: readonly StoredBuffers[];
  /** A bit for each row, set where the row belongs to the dataset; undefined where all do. */
  readonly kept?: Uint8Array;
}

/** Rows [firstRow, firstRow + span) of a batch, of which `rows` belong to the dataset. */
export interface PreparedChunk {
  readonly batch: number;
  readonly firstRow: number;
  readonly span: number;
  readonly rows: number;
}

/** How the values of a row become features, labels or a weight. */
export interface Recipe {
  /** Index into `columns`. */
  readonly column: number;
  readonly role: 'feature' | 'label' | 'sampleWeight';
  /** Position of its first number in a row of features or labels, and how many it writes, the indicator's included. */
  readonly at: number;
  readonly outputs: number;
  readonly encode: 'number' | 'oneHot' | 'index';
  /** Of each value in a row: `(value - subtract) × factor`, in double precision. */
  readonly subtract: Float64Array;
  readonly factor: Float64Array;
  /** What stands for a null, of each value in a row; a code of the vocabulary, or -1 for none. undefined: there is no null. */
  readonly fill?: Float64Array;
  readonly indicator: boolean;
}

/** What the values of a dictionary are read as. */
export interface Lookup {
  /** Numbers, or codes. */
  readonly numbers: Float64Array;
  /** For each of them `VALUE`, `NULL` or `BAD`. */
  readonly states: Uint8Array;
}

/** What is known of a value that was read: that it is one, that there is none, or that there is one that cannot be used. */
export const NULL = 0;
export const VALUE = 1;
export const BAD = 2;

/** What a window's thread has to know of the files; a scan of them needs no more either. */
export interface StoredLayout {
  readonly files: readonly FileLayout[];
  readonly columns: readonly StoredColumn[];
  readonly batches: readonly PreparedBatch[];
}

export interface PreparedLayout extends StoredLayout {
  readonly chunks: readonly PreparedChunk[];
  readonly recipes: readonly Recipe[];
  /** For each dictionary of the files, what its values are read as. */
  readonly dictionaries: readonly Lookup[];
  /** For each column of categories that has no dictionary in the files, its vocabulary. */
  readonly vocabularies: readonly (readonly Category[] | undefined)[];
  readonly featureWidth: number;
  readonly labelWidth: number;
}

/** What the windows of a layout hold: features as they will be. Beside their rows they take what aligns labels and weights. */
export function preparedWindows({ featureWidth }: PreparedLayout): WindowDescription {
  const run = { kind: 'float32', width: featureWidth, subtract: 0, factor: 1 } as const;
  return { runs: [run], overheadBytes: 2 * ALIGNMENT, decodes: true };
}

export function isSet(bits: Uint8Array, index: number): boolean {
  return ((bits[index >>> 3] >>> (index & 7)) & 1) === 1;
}
