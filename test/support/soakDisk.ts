import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arrowDataset } from '@lockstep/arrow';
import { adam, type Dataset, dense, type FitOptions, type History, sequential } from '@lockstep/core';

const DIGITS = join(import.meta.dirname, '../../examples/digits/data/digits-train.arrow');

/** A small disk of its own. `mounted` is false where this user may not mount. */
export class SmallDisk {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'lockstep-disk-'));
  readonly mounted: boolean;

  constructor(size: string) {
    this.mounted = tryRun('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'lockstep', this.folder);
  }

  /** Writes until nothing more fits. */
  fill(): void {
    const file = openSync(join(this.folder, 'filler'), 'w');
    // Large pieces first, then whatever is left.
    for (const bytes of [65_536, 4096, 1]) {
      const piece = new Uint8Array(bytes);
      for (;;) {
        try {
          if (writeSync(file, piece) === 0) break;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOSPC') break;
          throw error;
        }
      }
    }
    fsyncSync(file);
    closeSync(file);
  }

  makeSpace(): void {
    rmSync(join(this.folder, 'filler'));
  }

  remount(mode: 'ro' | 'rw'): void {
    execFileSync('mount', ['-o', `remount,${mode}`, this.folder], { stdio: 'pipe' });
  }

  remove(): void {
    if (this.mounted) execFileSync('umount', [this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function tryRun(command: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

/** A copy of the digits' file, to be damaged. */
export class DataFile {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'lockstep-data-'));
  readonly path: string = join(this.folder, 'digits.arrow');

  constructor() {
    this.restore();
  }

  /** As if it had been copied with its time. */
  restore(): void {
    copyFileSync(DIGITS, this.path);
    const { atime, mtime } = statSync(DIGITS);
    utimesSync(this.path, atime, mtime);
  }

  dataset(): Promise<Dataset> {
    return arrowDataset(this.path, { features: ['pixels'], label: 'digit', scale: 1 / 16 });
  }
}

/** About 120 KB a checkpoint with Adam's vectors, 23 steps an epoch. */
export async function trainDigits(
  data: DataFile,
  options: Partial<FitOptions>,
): Promise<Pick<History, 'weightsHash' | 'weightsHashes' | 'checkpoints' | 'resumedFrom'>> {
  const model = sequential([dense(128, { activation: 'relu' }), dense(10, { activation: 'softmax' })], {
    inputShape: [64],
    seed: 8,
  });
  return model.fit(await data.dataset(), {
    ...{ loss: 'sparseCategoricalCrossentropy', optimizer: adam({ learningRate: 0.003 }), batchSize: 64, epochs: 12 },
    ...{ seed: 8, workers: 2, progress: false },
    ...options,
  });
}
