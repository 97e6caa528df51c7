/** What the reading code knows of a file, wherever its bytes lie. */

import type { HttpFileLayout } from './http/layout.ts';

/** A range of a file, in bytes. */
export interface FileRange {
  readonly offset: number;
  readonly bytes: number;
}

/** What identifies the content of a file on disk without reading it. */
export interface FileStamp {
  readonly size: number;
  readonly mtimeMs: number;
}

export interface DiskFileLayout {
  readonly kind: 'disk';
  readonly path: string;
  /** The path as the user gave it, for messages. */
  readonly name: string;
  readonly stamp: FileStamp;
}

/** IPC bytes in memory. */
export interface MemoryFileLayout {
  readonly kind: 'memory';
  /** Such as `table 0`. */
  readonly name: string;
  /** In a SharedArrayBuffer, so that no thread needs a copy. */
  readonly content: Uint8Array;
}

/** How another thread finds the same file again: plain data. */
export type FileLayout = DiskFileLayout | MemoryFileLayout | HttpFileLayout;

/** Bytes that are here to be read. */
export interface FileBytes {
  /** For messages. */
  readonly name: string;
  /** Size of the file. */
  readonly size: number;
  /** Fills `target[at, at + length)` from the file's bytes at `position`; FILE_CHANGED when they are not there. */
  read(target: Uint8Array, at: number, length: number, position: number): void;
  /** A copy of `length` bytes at `position`, in a buffer of its own. */
  bytes(position: number, length: number): Uint8Array;
  /** Says what will be read next, which is quicker to fetch together where fetching takes time. */
  prefetch(ranges: readonly FileRange[]): void;
}

/** An open file. */
export interface ArrowFile {
  readonly layout: FileLayout;
  readonly size: number;
  /**
   * Runs `run` over the file's bytes; at once where they are at hand. Where they have to be fetched first, `run` may be run
   * several times, and only the last time comes to its end: it may change nothing but what it would change alike again.
   */
  reading<T>(run: (file: FileBytes) => T): T | Promise<T>;
  /** FILE_CHANGED unless the file is the one that `layout` describes, and its content the same. */
  requireUnchanged(): void;
  close(): void;
}
