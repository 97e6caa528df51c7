import { type FunctionalOptions, type Layer, type Loss } from '@lockstep/core';

/** A network of the tables. */
export interface NetworkCase {
  readonly name: string;
  readonly inputs: number;
  /** Last layer's units: classes, or values. */
  readonly outputs: number;
  readonly layers: () => readonly Layer[] | FunctionalOptions;
  readonly loss: Loss;
  /** Features of so many rows; default numbers in [-1, 1). */
  readonly features?: (rows: number, seed: number) => Float32Array;
}
