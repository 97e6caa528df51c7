/** From what a file is to an open file; the only place that knows all kinds. */
import type { ArrowFile, FileLayout } from './arrowFile.ts';
import { DiskFile } from './diskFile.ts';

/** A file that a dataset is to be made of. */
export interface FileOrigin {
  readonly kind: 'disk';
  readonly path: string;
  /** The path as the user gave it, for messages. */
  readonly name: string;
}

/** Opens a file for the first time. Errors: FILE_NOT_FOUND, FILE_INVALID. */
export function openFile({ path, name }: FileOrigin): ArrowFile | Promise<ArrowFile> {
  return DiskFile.open(path, name);
}

/** Opens the file that a layout describes; FILE_CHANGED where it is another one, or gone. */
export function reopenFile(layout: FileLayout): ArrowFile {
  return DiskFile.reopen(layout);
}
