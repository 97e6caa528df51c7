/** Bytes in shared memory, read as those of a file are: threads look at the same memory. */
import type { ArrowFile, FileBytes, MemoryFileLayout } from './arrowFile.ts';
import { changedFile, place } from './errors.ts';

export class MemoryFile implements ArrowFile, FileBytes {
  readonly layout: MemoryFileLayout;
  readonly name: string;
  readonly size: number;

  constructor(layout: MemoryFileLayout) {
    this.layout = layout;
    this.name = layout.name;
    this.size = layout.content.length;
  }

  reading<T>(run: (file: FileBytes) => T): T {
    return run(this);
  }

  read(target: Uint8Array, at: number, length: number, position: number): void {
    if (position + length > this.size) {
      throw changedFile({
        place: place(this.name, `byte ${this.size}`),
        expected: `${length} bytes from byte ${position} on`,
        received: `the end, at byte ${this.size}`,
      });
    }
    target.set(this.layout.content.subarray(position, position + length), at);
  }

  bytes(position: number, length: number): Uint8Array {
    const target = new Uint8Array(length);
    this.read(target, 0, length, position);
    return target;
  }

  prefetch(): void {}

  /** Only its owner could write to it, and whatever is read is checked where it is used. */
  requireUnchanged(): void {}

  close(): void {}
}
