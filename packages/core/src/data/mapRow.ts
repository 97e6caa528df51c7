/** A row that a user's function makes another of: see `map`. Its arrays are used again for the next row. */
export interface MapRow {
  /** [features] of the dataset inside, flat. */
  readonly features: Float32Array;
  /** [features] of the new row, flat: every number is to be written. */
  readonly output: Float32Array;
  /** [label width] of the dataset inside. */
  readonly label: Float64Array;
  /** [label width] of the new row: `label`, to be changed or left; to be written where its width is another. */
  readonly outputLabel: Float64Array;
  /** Of the dataset inside, to be changed or left. */
  weight: number;
}

/** What else the function is told. */
export interface MapContext<Options = unknown> {
  /** Number of the row in the dataset inside. */
  readonly row: number;
  /** Epochs count from 0. */
  readonly epoch: number;
  /** The `options` of `map`. */
  readonly options: Options;
  readonly random: MapRandom;
}

/** Random numbers of the row in this epoch, the same on any number of threads and in a run that goes on. */
export interface MapRandom {
  /** In [0, 1), a multiple of 2^-24. */
  uniform(): number;
  /** A whole number in [0, bound). `bound`: from 1 to 2^32 - 1. */
  below(bound: number): number;
  /** Of mean 0 and deviation 1. */
  normal(): number;
}

/** What a module for `map` exports under that name. It must depend on nothing but what it is given. */
export type MapFunction<Options = unknown> = (row: MapRow, context: MapContext<Options>) => void;
