/** From a pattern to paths in a fixed order. */
// As a whole: a Node that has no globSync is to hear from core that it is too old, and not of an export that is missing.
import * as fs from 'node:fs';
import { LockstepError } from '@lockstep/core/source';

/**
 * A path is itself; the matches of a pattern are sorted by name (by code unit, so the same on every machine), because the order
 * of the files is part of what a seed means.
 */
export function expandPattern(pattern: string): string[] {
  // A file may have a bracket in its name; only what names no file is taken for a pattern.
  if (!/[*?[\]{}]/.test(pattern) || fs.existsSync(pattern)) return [pattern];
  const matches = fs.globSync(pattern).toSorted(byCodeUnit);
  if (matches.length > 0) return matches;
  throw new LockstepError('FILE_NOT_FOUND', {
    place: pattern,
    expected: 'a pattern that matches files',
    received: 'no match',
    advice: `Check it; it was looked up from ${process.cwd()}.`,
  });
}

export function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
