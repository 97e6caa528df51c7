import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tableFromIPC } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { arrowDataset } from '../arrowDataset.ts';
import { describeArrowFile } from '../describe.ts';
import { lockstepError, readAll, scratchDirectory } from '../testing/files.ts';
import { convertIdxTable } from './convertIdxTable.ts';
import { convertIdx } from './idx.ts';
import { writeArrow } from './writeArrow.ts';

const directory = scratchDirectory();
const ROWS = 5000;

function idx(dimensions: readonly number[], values: Uint8Array): Uint8Array {
  const file = new Uint8Array(4 + 4 * dimensions.length + values.length);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x0800 + dimensions.length);
  dimensions.forEach((size, i) => view.setUint32(4 + 4 * i, size));
  file.set(values, 4 + 4 * dimensions.length);
  return file;
}

const pixels = Uint8Array.from({ length: ROWS * 6 }, (_, i) => (i * 31) & 255);
const digits = Uint8Array.from({ length: ROWS }, (_, i) => i % 10);
const images = idx([ROWS, 2, 3], pixels);
const labels = idx([ROWS], digits);

function put(name: string, content: Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

describe('convertIdx', () => {
  test.for([
    ['plain', images, labels],
    ['gzip', gzipSync(images), gzipSync(labels)],
  ] as const)('%s files', async ([name, imageBytes, labelBytes]) => {
    const out = join(directory, `${name}.arrow`);
    const result = await convertIdx(put('images', imageBytes), put('labels', labelBytes), out);
    expect(result).toEqual({ rows: ROWS, pixels: 6, recordBatches: 2 });
    const { features, classLabels } = await readAll(
      await arrowDataset(out, { features: ['pixels'], label: 'label' }),
      'classIndex',
    );
    expect(features).toEqual(Float32Array.from(pixels));
    expect(classLabels).toEqual(Int32Array.from(digits));
    expect(await describeArrowFile(out)).toMatchObject({
      rows: ROWS,
      recordBatches: 2,
      compression: 'none',
      columns: [
        { name: 'pixels', type: 'FixedSizeList[6]<Uint8>', nullCount: 0, numbers: { kind: 'uint8', perRow: 6 } },
        { name: 'label', type: 'Uint8', nullable: false, numbers: { kind: 'uint8', perRow: 1 } },
      ],
    });
    expect(tableFromIPC(readFileSync(out)).numRows).toBe(ROWS);
  });

  test('into a folder with statistics, the same values', async () => {
    const index = await convertIdxTable(put('images', images), put('labels', labels), join(directory, 'folder'));
    expect(index).toMatchObject({
      ...{ rows: ROWS, source: { format: 'idx', file: 'images' } },
      columns: [
        { name: 'pixels', perRow: 6 },
        { name: 'label', counts: Array.from({ length: 10 }, () => ROWS / 10) },
      ],
    });
    const files = join(directory, 'folder/part-*.arrow');
    const read = await readAll(await arrowDataset(files, { features: ['pixels'], label: 'label' }), 'classIndex');
    expect(read.features).toEqual(Float32Array.from(pixels));
    expect(read.classLabels).toEqual(Int32Array.from(digits));
  });

  test('packed or not, the same bytes', () => {
    expect(readFileSync(join(directory, 'gzip.arrow'))).toEqual(readFileSync(join(directory, 'plain.arrow')));
  });

  test.for<[string, Uint8Array, Uint8Array, string, string]>([
    ['empty images', new Uint8Array(0), labels, 'images', 'byte 0'],
    ['magic of labels', labels, labels, 'images', '00000803'],
    ['magic of images', images, images, 'labels', '00000801'],
    ['floats', Uint8Array.of(0, 0, 0x0d, 3, ...images.subarray(4)), labels, 'images', '00000d03'],
    ['header cut', images.subarray(0, 10), labels, 'images', 'dimensions'],
    ['pixels cut', images.subarray(0, -1), labels, 'images', 'end of the data'],
    ['labels cut', images, labels.subarray(0, -1), 'labels', 'end of the data'],
    ['more pixels', Uint8Array.of(...images, 0), labels, 'images', 'more bytes'],
    ['more labels', images, Uint8Array.of(...labels, 0), 'labels', 'more bytes'],
    ['other count', images, idx([ROWS - 1], digits), 'labels', `${ROWS} labels`],
    ['no pixels', idx([ROWS, 0, 3], pixels), labels, 'images', '0 × 3'],
    ['huge images', idx([1, 65_536, 65_536], pixels), labels, 'images', '65536 × 65536'],
    ['gzip cut', gzipSync(images).subarray(0, 50), labels, 'images', 'unpack'],
    ['gzip damaged', gzipSync(images).fill(0x55, 60, 80), labels, 'images', 'unpack'],
  ])('%s', async ([, imageBytes, labelBytes, file, message]) => {
    const out = join(directory, 'failed.arrow');
    const run = () => convertIdx(put('images', imageBytes), put('labels', labelBytes), out);
    const error = await lockstepError(run);
    expect(error.code).toBe('FILE_INVALID');
    expect(error.place).toContain(join(directory, file));
    expect(error.message).toContain(message);
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('no such file', async () => {
    const error = await lockstepError(() => convertIdx('none', 'none', join(directory, 'failed.arrow')));
    expect(error.code).toBe('FILE_NOT_FOUND');
  });
});

describe('writeArrow', () => {
  const columns = [
    { name: 'a', kind: 'uint8' as const, listSize: 2 },
    { name: 'b', kind: 'float32' as const },
  ];

  test('a failing source leaves the old file', async () => {
    const path = join(directory, 'old.arrow');
    await writeArrow(path, columns, [[new Uint8Array(4), new Float32Array(2)]]);
    const before = readFileSync(path);
    async function* failing(): AsyncGenerator<[Uint8Array, Float32Array]> {
      yield [new Uint8Array(2), new Float32Array(1)];
      throw new Error('source');
    }
    await expect(writeArrow(path, columns, failing())).rejects.toThrow('source');
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('the next batch is asked for when all before it have been taken, however small they are', async () => {
    const sizes: number[] = [];
    let bytes = 0;
    function* batches(): Generator<readonly [Int8Array]> {
      for (let i = 0; i < 20; i++) {
        sizes.push(bytes);
        yield [Int8Array.of(i)];
      }
    }
    const column = { name: 'x', kind: 'int8' } as const;
    await writeArrow(join(directory, 'tiny.arrow'), [column], batches(), (piece) => (bytes += piece.byteLength));
    const steps = sizes.slice(2).map((size, i) => size - sizes[i + 1]);
    expect(new Set(steps).size).toBe(1);
    expect(steps[0]).toBeGreaterThan(0);
  });

  test('values that do not fit', async () => {
    for (const values of [
      [new Uint8Array(4), new Float32Array(3)],
      [new Int8Array(4), new Float32Array(2)],
      [new Uint8Array(3), new Float32Array(2)],
      [new Uint8Array(4)],
    ]) {
      const error = await lockstepError(() => writeArrow(join(directory, 'bad.arrow'), columns, [values]));
      expect(error.code).toBe('INVALID_DATA');
      expect(error.place).toContain('column');
    }
  });
});
