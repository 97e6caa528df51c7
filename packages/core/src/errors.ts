/** What an error tells: where, what was expected, what came, and what to do next. */
export interface ErrorDetails {
  /** The place: an option's path (`fit.batchSize`), a file with column and row, a layer's name. */
  readonly place: string;
  readonly expected: string;
  readonly received: string;
  readonly advice: string;
  readonly cause?: unknown;
}

/**
 * Every error that Lockstep raises on purpose. `code` is stable and listed in docs/errors.md; the message is for
 * people and may change.
 */
export class LockstepError extends Error {
  readonly code: ErrorCode;
  readonly place: string;
  readonly expected: string;
  readonly received: string;
  readonly advice: string;

  constructor(code: ErrorCode, details: ErrorDetails) {
    const { place, expected, received, advice, cause } = details;
    super(
      `${place}: expected ${expected}, received ${received}. ${advice} [${code}]`,
      cause === undefined ? undefined : { cause },
    );
    this.name = 'LockstepError';
    this.code = code;
    this.place = place;
    this.expected = expected;
    this.received = received;
    this.advice = advice;
  }
}

/** The codes, each with the sentence that docs/errors.md prints (a test keeps the two in step). */
export const ERROR_CODES = {
  INVALID_OPTION: 'An option has a wrong type or value; the place is its path.',
  INVALID_MODEL: 'Layers that do not fit together, or a specification that is not one.',
  UNSUPPORTED: 'A combination that Lockstep does not have yet.',
  SHAPE_MISMATCH: 'Data whose shape is not what the model takes.',
  LABEL_OUT_OF_RANGE:
    'A class label that is negative or not below the number of classes, or a probability below 0 or above 1.',
  INVALID_DATA:
    'Values that cannot be trained on: not finite, negative weights, no rows; a row of a table that cannot be read.',
  LOSS_NOT_FINITE: 'The loss, or a weight, became NaN or infinite during training.',
  MEMORY_EXCEEDED:
    'A plan that does not fit into the 4 GiB that a 32-bit WebAssembly memory can address, a cache larger than `maxBytes`, or memory that the system refused.',
  BUSY: 'A call that would change a model while it is being trained.',
  WORKER_FAILED: 'A worker thread threw, exited or was terminated; the cause is attached.',
  LOADER_FAILED: 'The loader thread failed; the cause is attached.',
  STEP_TIMEOUT: 'No step was completed, or no thread got ready, within `stepTimeout`.',
  ARENA_MISMATCH: 'A thread attached to memory that another plan has laid out (a bug in Lockstep).',
  FILE_NOT_FOUND: 'A path or pattern that names no file.',
  FILE_NOT_WRITTEN: 'A file that could not be written; what was there before is untouched.',
  FILE_INVALID: 'A file that is not of the stated format, is cut short or contradicts itself.',
  COLUMN_MISSING: 'A column that the file does not have.',
  COLUMN_TYPE: 'A column of a type that cannot be used in its place.',
  COLUMN_HAS_NULLS: 'A column that holds nulls.',
  HTTP_FAILED: 'A server that did not give what was asked of it, as often as it was asked.',
  FILE_CHANGED: 'A file that changed or vanished while it was being read.',
  LAYER_FAILED:
    "A function of a user's own layer threw or gave no numbers, or its module cannot be imported by threads; the cause is attached.",
  LOSS_FAILED: "The same of a user's own loss.",
  DATASET_FAILED:
    "A function of a user's own dataset (a generator's, or the one of `map`) threw or gave no numbers, or its module cannot be imported by threads; the cause is attached.",
  LAYER_UNKNOWN: "A model of a file with a user's own layer that was not given: files never make Lockstep import code.",
  CHECKPOINT_MISMATCH: 'A checkpoint of another model, dataset or configuration than that of the run.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
