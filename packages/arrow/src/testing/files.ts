/** Scratch files and whole reads of a dataset, for tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LockstepError } from '@lockstep/core';
import type { BatchSource, BatchViews, Dataset, LabelKind } from '@lockstep/core';
import { openSourceOf } from '@lockstep/core/source';
import { afterAll, expect } from 'vitest';

/** A directory that is removed after the tests of the file. */
export function scratchDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-arrow-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function makeBatch(dataset: Dataset, rows: number, labelKind: LabelKind): BatchViews {
  return {
    features: new Float32Array(rows * dataset.featureShape[0]),
    labelKind,
    classLabels: new Int32Array(rows),
    valueLabels: new Float32Array(rows * dataset.label.width),
    sampleWeights: new Float32Array(rows),
  };
}

/** The source as the loader opens it: by URL, its options through structured clone. */
export async function openDataset(dataset: Dataset): Promise<BatchSource> {
  return openSourceOf(structuredClone(dataset));
}

/** All rows in file order, one chunk a window. */
export async function readAll(dataset: Dataset, labelKind: LabelKind = 'values'): Promise<BatchViews> {
  const batch = makeBatch(dataset, dataset.rows, labelKind);
  const source = await openDataset(dataset);
  try {
    let at = 0;
    for (const [chunk, rows] of dataset.chunkRows.entries()) {
      await source.loadWindow([chunk]);
      source.copyRows(
        batch,
        at,
        Uint32Array.from({ length: rows }, (_, i) => i),
        0,
        rows,
      );
      at += rows;
    }
    return batch;
  } finally {
    source.close();
  }
}

/** The LockstepError that `run` raises; anything else fails the test. */
export async function lockstepError(run: () => unknown): Promise<LockstepError> {
  let error: unknown;
  try {
    await run();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(LockstepError);
  return error as LockstepError;
}

/** Integers in [0, bound) from a small linear congruential generator, the same in every run. */
export function integers(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}
