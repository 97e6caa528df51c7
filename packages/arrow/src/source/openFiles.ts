import type { FileLayout } from '../layout/types.ts';
import { DiskFile } from '../format/diskFile.ts';
import { LockstepError } from '@lockstep/core/source';
import { changedFile } from '../format/errors.ts';

/** A process may hold about a thousand descriptors by default; datasets may have more files. */
const MOST_OPEN = 128;

/** The files of a dataset, opened when they are first read; the one unused for longest is closed for a new one. */
export class OpenFiles {
  private readonly files: readonly FileLayout[];
  /** In the order of their last use. */
  private readonly open = new Map<number, DiskFile>();

  constructor(files: readonly FileLayout[]) {
    this.files = files;
  }

  /** The open file `index`; FILE_CHANGED when it is no longer the one that the layout describes. */
  get(index: number): DiskFile {
    let file = this.open.get(index);
    if (file === undefined) {
      this.makeRoom();
      file = this.openUnchanged(this.files[index]);
    } else {
      this.open.delete(index);
    }
    this.open.set(index, file);
    return file;
  }

  close(): void {
    for (const file of this.open.values()) file.close();
    this.open.clear();
  }

  private makeRoom(): void {
    if (this.open.size < MOST_OPEN) return;
    const [oldest] = this.open;
    this.open.delete(oldest[0]);
    oldest[1].close();
  }

  private openUnchanged({ path, name, stamp }: FileLayout): DiskFile {
    let file: DiskFile;
    try {
      file = DiskFile.open(path, name);
    } catch (error) {
      const received = error instanceof LockstepError ? error.received : String(error);
      throw changedFile({ place: name, expected: 'the file that the dataset was made of', received, cause: error });
    }
    try {
      file.requireStamp(stamp);
    } catch (error) {
      file.close();
      throw error;
    }
    return file;
  }
}
