/**
 * Converts MNIST from IDX to Arrow files, once:
 *
 *   node --conditions=lockstep-source examples/mnist/prepare.ts <folder with IDX files> <folder for Arrow files>
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertIdx, describeArrowFile } from '@lockstep/arrow';

export interface PreparedMnist {
  /** Arrow files with the columns `pixels` (uint8[784]) and `label` (uint8). */
  readonly train: string;
  readonly test: string;
}

/** File names of the original distribution; other mirrors write `t10k` for the test set. */
const PARTS = { train: ['train'], test: ['test', 't10k'] } as const;

/**
 * Converts `train-*` and `test-*` (or `t10k-*`) of `idxFolder`, plain or `.gz`, into `mnist-train.arrow` and
 * `mnist-test.arrow` in `outFolder`. A file that is newer than both of its sources and in order is left as it is.
 */
export async function prepareMnist(idxFolder: string, outFolder: string): Promise<PreparedMnist> {
  mkdirSync(outFolder, { recursive: true });
  const prepared = { train: join(outFolder, 'mnist-train.arrow'), test: join(outFolder, 'mnist-test.arrow') };
  for (const part of ['train', 'test'] as const) {
    const images = findIdx(idxFolder, part, 'images-idx3-ubyte');
    const labels = findIdx(idxFolder, part, 'labels-idx1-ubyte');
    if (await isUpToDate(prepared[part], [images, labels])) continue;
    const { rows, pixels } = await convertIdx(images, labels, prepared[part]);
    console.log(`${prepared[part]}: ${rows} images of ${pixels} pixels`);
  }
  return prepared;
}

/** Whether `idxFolder` holds all four files, for examples that fall back to other data. */
export function hasMnist(idxFolder: string): boolean {
  try {
    for (const part of ['train', 'test'] as const) {
      findIdx(idxFolder, part, 'images-idx3-ubyte');
      findIdx(idxFolder, part, 'labels-idx1-ubyte');
    }
    return true;
  } catch {
    return false;
  }
}

function findIdx(folder: string, part: keyof typeof PARTS, kind: string): string {
  const names = PARTS[part].flatMap((prefix) => [`${prefix}-${kind}`, `${prefix}-${kind}.gz`]);
  const found = names.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${folder}: expected one of ${names.join(', ')}, found none.`);
  return found;
}

async function isUpToDate(path: string, sources: readonly string[]): Promise<boolean> {
  if (!existsSync(path)) return false;
  const { mtimeMs } = statSync(path);
  if (sources.some((source) => statSync(source).mtimeMs > mtimeMs)) return false;
  try {
    return (await describeArrowFile(path)).rows > 0;
  } catch {
    return false; // Damaged: convert it again.
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [idxFolder, outFolder] = process.argv.slice(2);
  if (idxFolder === undefined || outFolder === undefined) {
    console.error('usage: prepare.ts <folder with IDX files> <folder for Arrow files>');
    process.exitCode = 1;
  } else {
    console.log(await prepareMnist(idxFolder, outFolder));
  }
}
