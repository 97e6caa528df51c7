import type { ArrowFile, FileBytes } from '../format/arrowFile.ts';

/**
 * Runs `run` over a file of which nothing may change meanwhile. FILE_CHANGED also where bytes were overwritten while they were read, and
 * in place of what is wrong with those that had changed: a file that is no longer the same need not make sense.
 */
export function readUnchanged(file: ArrowFile, run: (bytes: FileBytes) => void): void | Promise<void> {
  const failed = (error: unknown): never => {
    file.requireUnchanged();
    throw error;
  };
  let reading: void | Promise<void>;
  try {
    reading = file.reading(run);
  } catch (error) {
    return failed(error);
  }
  if (reading instanceof Promise) return reading.then(() => file.requireUnchanged(), failed);
  return file.requireUnchanged();
}
