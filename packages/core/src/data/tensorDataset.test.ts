import { createHash } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import type { BatchViews } from './dataset.ts';
import { fingerprintOf } from './fingerprint.ts';
import { tensorDataset } from './tensorDataset.ts';
import { openSource, type TensorSourceOptions } from './tensorSource.ts';

/** As wide as rows that are copied by Buffer. */
const WIDTH = 33;
const ROWS = 10;
const OPTIONS = {
  features: Float32Array.from({ length: ROWS * WIDTH }, (_, i) => i),
  labels: Int32Array.from({ length: ROWS }, (_, i) => i),
  featureShape: [WIDTH],
};

test('a fingerprint is one hash over shape and arrays, whatever the pieces', () => {
  const { features, labels } = OPTIONS;
  const bytes = (array: Float32Array | Int32Array): Uint8Array => new Uint8Array(array.buffer);
  const whole = createHash('sha256').update('[33]').update(bytes(features)).update(bytes(labels)).digest('hex');
  for (const pieceBytes of [1, 7, 64, features.byteLength, undefined]) {
    expect(fingerprintOf([WIDTH], [features, labels], pieceBytes)).toBe(whole);
  }
  expect(tensorDataset(OPTIONS).fingerprint).toBe(whole);
  expect(tensorDataset({ ...OPTIONS, sampleWeights: labels }).fingerprint).not.toBe(whole);
});

test('a fingerprint is computed once, and only when it is read: not by a clone for another thread', () => {
  const digests = vi.spyOn(JSON, 'stringify');
  const dataset = tensorDataset(OPTIONS);
  const clone = structuredClone({ dataset }).dataset;
  expect(digests).not.toHaveBeenCalled();
  expect(clone).not.toHaveProperty('fingerprint');
  expect(clone.source.options).toEqual(dataset.source.options);
  expect(dataset.fingerprint).toBe(dataset.fingerprint);
  expect(digests).toHaveBeenCalledOnce();
});

test('rows are the same from one piece of memory and from many', () => {
  const { options } = tensorDataset(OPTIONS).source;
  const rows = Uint32Array.of(9, 0, 3, 4, 2, 8, 1, 7);
  const copied = (pieceBytes?: number): number[] => {
    const batch: BatchViews = {
      features: new Float32Array((rows.length + 1) * WIDTH),
      labelKind: 'classIndex',
      classLabels: new Int32Array(rows.length + 1),
      valueLabels: new Float32Array(0),
      sampleWeights: new Float32Array(rows.length + 1),
    };
    openSource(options as TensorSourceOptions, pieceBytes).copyRows(batch, 1, rows, 0, rows.length);
    return [...batch.features];
  };
  const expected = [-1, ...rows].flatMap((row) =>
    Array.from({ length: WIDTH }, (_, i) => (row < 0 ? 0 : row * WIDTH + i)),
  );
  // One row a piece (also when a row is larger than that), three rows and a rest, all.
  for (const pieceBytes of [1, WIDTH * 4, WIDTH * 4 * 3 + 5, undefined]) expect(copied(pieceBytes)).toEqual(expected);
});
