/** From what a user writes for "these files" to a list of paths in a fixed order. */
import { existsSync, globSync } from 'node:fs';
import { resolve } from 'node:path';
import { LockstepError } from '@lockstep/core/source';

/**
 * Paths stay in the order given; the matches of a pattern are sorted by name (by code unit, so the same on every
 * machine), because the order of the files is part of what a seed means.
 */
export function expandPaths(files: string | readonly string[]): string[] {
  const given = typeof files === 'string' ? [files] : files;
  if (!Array.isArray(given) || given.length === 0) {
    throw invalid('arrowDataset.files', 'a path, a pattern, or an array of them', describe(files));
  }
  const paths = given.flatMap((entry: unknown, i) => {
    const where = typeof files === 'string' ? 'arrowDataset.files' : `arrowDataset.files[${i}]`;
    if (typeof entry !== 'string' || entry === '') throw invalid(where, 'a path or a pattern', describe(entry));
    return expand(entry);
  });
  const seen = new Set<string>();
  for (const path of paths) {
    const absolute = resolve(path);
    if (seen.has(absolute)) throw invalid('arrowDataset.files', 'every file once', `${path} more than once`);
    seen.add(absolute);
  }
  return paths;
}

function expand(pattern: string): string[] {
  // A file may have a bracket in its name; only what names no file is taken for a pattern.
  if (!/[*?[\]{}]/.test(pattern) || existsSync(pattern)) return [pattern];
  const matches = globSync(pattern).toSorted(byCodeUnit);
  if (matches.length > 0) return matches;
  throw new LockstepError('FILE_NOT_FOUND', {
    place: pattern,
    expected: 'a pattern that matches files',
    received: 'no match',
    advice: `Check it; it was looked up from ${process.cwd()}.`,
  });
}

function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function describe(value: unknown): string {
  return Array.isArray(value) ? `an array of ${value.length}` : (JSON.stringify(value) ?? typeof value);
}

function invalid(where: string, expected: string, received: string): LockstepError {
  const advice = "For example 'data/train-*.arrow'.";
  return new LockstepError('INVALID_OPTION', { place: where, expected, received, advice });
}
