/** The files that are converted together: paths and patterns in the order given. */
import { basename, resolve } from 'node:path';
import { expandPattern } from '../paths.ts';
import { invalid } from './csv/options.ts';

/** INVALID_OPTION for what is no list of paths, or a file that is named twice; FILE_NOT_FOUND for a pattern without matches. */
export function inputPaths(files: string | readonly string[], option: string): string[] {
  const given: readonly unknown[] = typeof files === 'string' ? [files] : files;
  if (!Array.isArray(given) || given.length === 0)
    throw invalid(option, 'a path, a pattern, or an array of them', files);
  const paths = given.flatMap((entry: unknown) => {
    if (typeof entry !== 'string' || entry === '') throw invalid(option, 'a path or a pattern', entry);
    return expandPattern(entry);
  });
  const twice = paths.find((path, i) => paths.findIndex((other) => resolve(other) === resolve(path)) !== i);
  if (twice !== undefined) throw invalid(option, 'every file once', twice);
  return paths;
}

/** What an index says of the files that it was made of. */
export function sourceName(paths: readonly string[]): string {
  const name = basename(paths[0]);
  return paths.length === 1 ? name : `${name} and ${paths.length - 1} more`;
}
