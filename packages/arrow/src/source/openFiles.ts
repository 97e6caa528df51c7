import type { ArrowFile, FileLayout } from '../format/arrowFile.ts';
import { reopenFile } from '../format/openFile.ts';

/** A process may hold about a thousand descriptors by default; datasets may have more files. */
const MOST_OPEN = 128;

/** The files of a dataset, opened when they are first read; the one unused for longest is closed for a new one. */
export class OpenFiles {
  private readonly files: readonly FileLayout[];
  /** In the order of their last use. */
  private readonly open = new Map<number, ArrowFile>();

  constructor(files: readonly FileLayout[]) {
    this.files = files;
  }

  /** The open file `index`; FILE_CHANGED when it is no longer the one that the layout describes. */
  get(index: number): ArrowFile {
    let file = this.open.get(index);
    if (file === undefined) {
      this.makeRoom();
      file = reopenFile(this.files[index]);
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
}
