import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** File names of the original distribution and of its mirrors. */
const PREFIXES = { train: ['train'], test: ['test', 't10k'] } as const;
const PIXELS = 784;
/** The first images of both files, whatever their length: MNIST-7k trains on so many. */
const ROWS = { train: 7000, test: 1000 } as const;

export interface MnistRows {
  readonly trainRows: number;
  readonly testRows: number;
}

/** The folder given, or where the project's own machines keep it: beside the repository. */
export function mnistFolder(data: string | null): string {
  return data ?? fileURLToPath(new URL('../../../shared/data/mnist', import.meta.url));
}

/**
 * Writes what every peer reads, into `target`: pixels divided by 255 as float32, labels as int32, row by row. Returns
 * null when `source` does not hold the four IDX files.
 */
export function prepareMnist(source: string, target: string): MnistRows | null {
  const files = (['train', 'test'] as const).map((part) => ({
    part,
    images: findIdx(source, part, 'images-idx3-ubyte'),
    labels: findIdx(source, part, 'labels-idx1-ubyte'),
  }));
  const rows = { train: 0, test: 0 };
  for (const { part, images, labels } of files) {
    if (images === null || labels === null) return null;
    const [pixels, digits] = [readIdx(images, 16), readIdx(labels, 8)];
    const count = Math.min(digits.length, ROWS[part]);
    if (pixels.length !== digits.length * PIXELS) throw new Error(`${images} does not fit ${labels}`);
    writeFileSync(
      join(target, `${part}-features.f32`),
      Float32Array.from(pixels.subarray(0, count * PIXELS), (p) => p / 255),
    );
    writeFileSync(join(target, `${part}-labels.i32`), Int32Array.from(digits.subarray(0, count)));
    rows[part] = count;
  }
  return { trainRows: rows.train, testRows: rows.test };
}

function findIdx(folder: string, part: keyof typeof PREFIXES, kind: string): string | null {
  const names = PREFIXES[part].flatMap((prefix) => [`${prefix}-${kind}`, `${prefix}-${kind}.gz`]);
  return names.map((name) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** The bytes behind an IDX header, whose first word says what they are: unsigned bytes in 3 or 1 dimensions. */
function readIdx(path: string, headerBytes: 8 | 16): Uint8Array {
  const bytes = path.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path);
  const magic = headerBytes === 16 ? 0x803 : 0x801;
  if (bytes.readUInt32BE(0) !== magic) throw new Error(`${path} is not the IDX file that its name says`);
  return bytes.subarray(headerBytes);
}
