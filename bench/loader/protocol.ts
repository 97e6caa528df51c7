import { readNumber, readNumbers, readObject, readString } from '../harness/read.ts';

/**
 * What the part asks of a measuring process, as JSON in its last argument, and what the process answers on the last line of
 * its standard output.
 */
export type LoaderRequest = BatchesRequest | RawRequest | ArrowRequest | CsvRequest;

interface PassesRequest {
  readonly file: string;
  /** Time for the passes that are measured; there are three at least. One that warms up comes before. */
  readonly budgetMs: number;
}

/** Lockstep: every row of the file, in batches that a step could begin with. */
export interface BatchesRequest extends PassesRequest {
  readonly features: readonly string[];
  readonly label: string;
  readonly scale: number;
  readonly shuffle: boolean;
  /** Threads that gather, beside the one that loads; 0: all on the calling thread, as a run with one worker does. */
  readonly threads: number;
}

/** Positioned reads of the whole file, always into the same memory. */
export interface RawRequest extends PassesRequest {
  readonly chunkBytes: number;
  /** Distance of the memory from the beginning of a page; reads begin at multiples of `chunkBytes`. */
  readonly offset: number;
}

/**
 * apache-arrow. `copy`: record batch by record batch through its reader of file handles, each copied into shared memory.
 * `get`: the table's vectors, which lie in memory already, `rows` rows of them, value by value into row-major batches.
 * `getOfBatch`: the same from the vectors of one record batch after the other, whose `get` need not look for the batch.
 */
export interface ArrowRequest extends PassesRequest {
  readonly task: 'copy' | 'get' | 'getOfBatch';
  readonly features: readonly string[];
  readonly rows: number;
}

/** The conversion of a CSV file, once. */
export interface CsvRequest {
  readonly file: string;
}

export interface PassesAnswer {
  /** Of a pass: features as float32; of a raw read and of a conversion, the file's. */
  readonly bytes: number;
  /** One for each pass; of a conversion, in processor time. */
  readonly milliseconds: readonly number[];
  /** Largest resident set of the process, in bytes. */
  readonly peakRss: number;
  readonly note: string;
}

export function checkPassesAnswer(value: unknown): PassesAnswer {
  const answer = readObject(value, 'answer');
  return {
    bytes: readNumber(answer.bytes, 'bytes'),
    milliseconds: readNumbers(answer.milliseconds, 'milliseconds'),
    peakRss: readNumber(answer.peakRss, 'peakRss'),
    note: readString(answer.note, 'note'),
  };
}
