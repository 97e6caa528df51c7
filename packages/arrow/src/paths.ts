/** From a pattern to paths in a fixed order. */
import { existsSync, globSync } from 'node:fs';
import { LockstepError } from '@lockstep/core/source';

/**
 * A path is itself; the matches of a pattern are sorted by name (by code unit, so the same on every machine), because the order
 * of the files is part of what a seed means.
 */
export function expandPattern(pattern: string): string[] {
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

export function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
