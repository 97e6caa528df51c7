/**
 * IDX, the format of MNIST and its kin: a magic of two zero bytes, the type of the values and the number of
 * dimensions; each dimension as a big-endian uint32; the values. Described at http://yann.lecun.com/exdb/mnist.
 */
import { invalidFile } from '../format/errors.ts';
import { ByteStream } from './byteStream.ts';
import { writeArrow } from './writeArrow.ts';
import type { ColumnValues } from './writeArrow.ts';

export interface ConvertedIdx {
  readonly rows: number;
  /** Pixels of one image: its rows × its columns. */
  readonly pixels: number;
  readonly recordBatches: number;
}

const UNSIGNED_BYTE = 0x08;
const BATCH_ROWS = 4096;
const LARGEST_IMAGE = 2 ** 24;

/**
 * Converts a file of images and a file of labels, plain or gzip, into one Arrow file with the columns `pixels`
 * (FixedSizeList<uint8>[height × width]) and `label` (uint8), in memory for one record batch of 4,096 rows (fewer
 * when images are large). `outPath` appears when everything is converted. Errors: FILE_NOT_FOUND, FILE_INVALID.
 */
export async function convertIdx(imagesPath: string, labelsPath: string, outPath: string): Promise<ConvertedIdx> {
  return withIdx(imagesPath, labelsPath, async ({ rows, pixels, batchRows, batches }) => {
    await writeArrow(
      outPath,
      [
        { name: 'pixels', kind: 'uint8', listSize: pixels },
        { name: 'label', kind: 'uint8' },
      ],
      batches(),
    );
    return { rows, pixels, recordBatches: Math.ceil(rows / batchRows) };
  });
}

/** Images with their labels, their headers read. */
export interface IdxPair {
  readonly rows: number;
  readonly pixels: number;
  readonly batchRows: number;
  /** The pixels and the labels of `batchRows` rows each, fewer in the last one. Once. */
  readonly batches: () => AsyncGenerator<ColumnValues[]>;
}

/** Opens both files for `use`, and closes them. FILE_NOT_FOUND, and FILE_INVALID unless they belong together. */
export async function withIdx<T>(
  imagesPath: string,
  labelsPath: string,
  use: (pair: IdxPair) => Promise<T>,
): Promise<T> {
  const images = ByteStream.open(imagesPath);
  const labels = ByteStream.open(labelsPath);
  try {
    const [rows, height, width] = await readDimensions(images, 3);
    const [labelCount] = await readDimensions(labels, 1);
    const pixels = height * width;
    if (pixels < 1 || pixels > LARGEST_IMAGE) {
      const expected = `images of 1 to ${LARGEST_IMAGE} pixels`;
      throw invalidFile({ place: `${imagesPath}, byte 8`, expected, received: `${height} × ${width}` });
    }
    if (rows !== labelCount) {
      throw invalidFile({
        place: `${labelsPath}, byte 4`,
        expected: `${rows} labels, one for each image of ${imagesPath}`,
        received: String(labelCount),
        advice: 'Check that both files belong together.',
      });
    }
    const batchRows = Math.max(1, Math.min(BATCH_ROWS, Math.floor((BATCH_ROWS * 1024) / pixels)));
    const batches = (): AsyncGenerator<ColumnValues[]> => readBatches(images, labels, rows, pixels, batchRows);
    return await use({ rows, pixels, batchRows, batches });
  } finally {
    await Promise.all([images.close(), labels.close()]);
  }
}

async function* readBatches(
  images: ByteStream,
  labels: ByteStream,
  rows: number,
  pixels: number,
  batchRows: number,
): AsyncGenerator<ColumnValues[]> {
  for (let row = 0; row < rows; row += batchRows) {
    const count = Math.min(batchRows, rows - row);
    yield [await images.take(count * pixels, 'pixels'), await labels.take(count, 'labels')];
  }
  await images.requireEnd();
  await labels.requireEnd();
}

async function readDimensions(stream: ByteStream, count: number): Promise<number[]> {
  const magic = await stream.take(4, 'an IDX header');
  if (magic[0] !== 0 || magic[1] !== 0 || magic[2] !== UNSIGNED_BYTE || magic[3] !== count) {
    throw invalidFile({
      place: `${stream.name}, byte 0`,
      expected: `0000080${count}, the start of an IDX file of unsigned bytes in ${count} dimension${count > 1 ? 's' : ''}`,
      received: Buffer.from(magic).toString('hex'),
      advice: 'Check that this is the right file: images have 3 dimensions, labels 1.',
    });
  }
  const bytes = await stream.take(4 * count, 'dimensions');
  const view = new DataView(bytes.buffer);
  return Array.from({ length: count }, (_, i) => view.getUint32(4 * i));
}
