/** From what a file is to an open file; the only place that knows all kinds. */
import type { ArrowFile, FileLayout, MemoryFileLayout } from './arrowFile.ts';
import { DiskFile } from './diskFile.ts';
import { HttpFile } from './http/httpFile.ts';
import type { HttpOrigin } from './http/layout.ts';
import { MemoryFile } from './memoryFile.ts';

/** A file that a dataset is to be made of. */
export type FileOrigin = DiskOrigin | MemoryFileLayout | HttpOrigin;

export interface DiskOrigin {
  readonly kind: 'disk';
  readonly path: string;
  /** The path as the user gave it, for messages. */
  readonly name: string;
  /** What the index of its folder says of it, where there is one. */
  readonly indexed?: IndexedFile;
}

export interface IndexedFile {
  readonly bytes: number;
  readonly rows: number;
  readonly sha256: string;
  /** The texts of columns that hold only their codes, by name. */
  readonly categories: ReadonlyMap<string, readonly string[]>;
}

/** Opens a file for the first time. Errors: FILE_NOT_FOUND, FILE_INVALID, HTTP_FAILED, UNSUPPORTED. */
export function openFile(origin: FileOrigin): ArrowFile | Promise<ArrowFile> {
  if (origin.kind === 'http') return HttpFile.open(origin);
  return origin.kind === 'disk' ? DiskFile.open(origin.path, origin.name) : new MemoryFile(origin);
}

/** Opens the file that a layout describes; FILE_CHANGED where it is another one, or gone. */
export function reopenFile(layout: FileLayout): ArrowFile {
  if (layout.kind === 'http') return HttpFile.reopen(layout);
  return layout.kind === 'disk' ? DiskFile.reopen(layout) : new MemoryFile(layout);
}
