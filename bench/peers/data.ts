import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillNumbers } from '../harness/numbers.ts';
import type { AccuracyRequest, StepRequest } from './protocol.ts';

/** Rows of features in one flat array, and a class for each. */
export interface Rows {
  readonly features: Float32Array<ArrayBuffer>;
  readonly labels: Int32Array<ArrayBuffer>;
}

/** Random features in [-0.5, 0.5) and classes in turn. */
export function randomRows({ sizes, batchSize, batches, seed }: StepRequest): Rows {
  const count = batchSize * batches;
  const features = new Float32Array(count * sizes[0]);
  fillNumbers(features, seed);
  const classes = sizes[sizes.length - 1];
  return { features, labels: Int32Array.from({ length: count }, (_, row) => row % classes) };
}

export function readRows({ folder }: AccuracyRequest, part: 'train' | 'test'): Rows {
  return {
    features: new Float32Array(bytesOf(join(folder, `${part}-features.f32`))),
    labels: new Int32Array(bytesOf(join(folder, `${part}-labels.i32`))),
  };
}

function bytesOf(path: string): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

/** Uniform weights as of He et al. (2015, section 2.2), for peers without layers of their own: one matrix a layer, [inputs, units]. */
export function randomWeights(sizes: readonly number[], seed: number): Float32Array<ArrayBuffer>[] {
  return sizes.slice(1).map((units, layer) => {
    const weights = new Float32Array(sizes[layer] * units);
    fillNumbers(weights, seed + layer);
    const limit = Math.sqrt(6 / sizes[layer]);
    return weights.map((value) => 2 * value * limit);
  });
}

/** Numbers 0 to count - 1 in an order of `seed`: Fisher–Yates. */
export function shuffled(count: number, seed: number): Int32Array<ArrayBuffer> {
  const draws = new Float32Array(count);
  fillNumbers(draws, seed);
  const order = Int32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.min(last, Math.floor((draws[last] + 0.5) * (last + 1)));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/** One row of zeros with a one for each label. */
export function oneHot(labels: Int32Array, classes: number): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => {
    rows[row * classes + label] = 1;
  });
  return rows;
}
