/** Files that change while a model is trained on them: the run ends with FILE_CHANGED, or goes on with the same data, and nothing else. */
import {
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
  closeSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { dense, sequential, sgd } from '@lockstep/core';
import * as arrow from 'apache-arrow';
import { expect, test } from 'vitest';
import { arrowDataset } from './arrowDataset.ts';
import type { ArrowDatasetOptions } from './optionTypes.ts';
import { lockstepError, scratchDirectory } from './testing/files.ts';
import { writeTable } from './testing/randomTable.ts';

const directory = scratchDirectory();
/** Four windows of 1 MiB, so that an epoch is never in memory as a whole. */
const ROWS = 1024;
const PER_ROW = 1024;
const BATCHES = 8;

const contents = new Map<string, Uint8Array>();

function write(name: string, compression: 'none' | 'LZ4'): string {
  const content = contents.get(compression) ?? contentOf(compression);
  contents.set(compression, content);
  const path = join(directory, name);
  writeFileSync(path, content);
  // So long ago that no clock is too coarse to tell a change.
  utimesSync(path, 1000, 1000);
  return path;
}

function contentOf(compression: 'none' | 'LZ4'): Uint8Array {
  const list = new arrow.FixedSizeList(PER_ROW, new arrow.Field('item', new arrow.Float32(), false));
  const batches = Array.from({ length: BATCHES }, (_, batch) => {
    const length = ROWS / BATCHES;
    const data = Float32Array.from({ length: length * PER_ROW }, (__, i) => ((i * 31 + batch) % 17) / 17);
    const child = arrow.makeData({ type: new arrow.Float32(), length: data.length, nullCount: 0, data });
    const x = new arrow.Vector([arrow.makeData({ type: list, length, nullCount: 0, child } as never)]);
    const y = arrow.vectorFromArray(
      Array.from({ length }, (__, row) => (row % 3) / 3),
      new arrow.Float32(),
    );
    return new arrow.Table({ x, y } as never).batches[0];
  });
  return writeTable(new arrow.Table(batches), 'file', compression);
}

async function train(
  path: string,
  options: Partial<ArrowDatasetOptions>,
  workers: number,
  change?: () => void,
): Promise<string> {
  const data = await arrowDataset(path, { features: ['x'], label: 'y', ...options });
  const model = sequential([dense(1)], { inputShape: data.featureShape, seed: 1 });
  let batches = 0;
  const history = await model.fit(data, {
    ...{ loss: 'meanSquaredError', optimizer: sgd({ learningRate: 1e-5 }), batchSize: 128, epochs: 3 },
    ...{ windowBytes: 2 ** 20, workers, seed: 2 },
    callbacks: [{ onBatchEnd: () => void (++batches === 2 && change?.()) }],
  });
  return history.weightsHash;
}

function overwrite(path: string): void {
  const { size } = statSync(path);
  const descriptor = openSync(path, 'r+');
  for (let at = 4096; at + 8192 < size; at += 65_536)
    writeSync(descriptor, new Uint8Array(4096).fill(0xa5), 0, 4096, at);
  closeSync(descriptor);
}

const CHANGES: [string, (path: string) => void][] = [
  ['is cut short', (path) => truncateSync(path, 5000)],
  ['is overwritten', overwrite],
];

test.for(
  CHANGES.flatMap(([what, change]) =>
    (
      [
        [1, 'none'],
        [2, 'LZ4'],
      ] as const
    ).map(([workers, compression]) => ({ what, change, workers, compression })),
  ),
)('a file that $what, $compression, $workers workers', async ({ what, change, workers, compression }) => {
  const path = write(`${what} ${compression}.arrow`, compression);
  const error = await lockstepError(() => train(path, {}, workers, () => change(path)));
  expect(error.code).toBe('FILE_CHANGED');
  expect(error.place).toContain(path);
});

test('a name that is gone, or of another file: what was opened is read to its end', async () => {
  const path = write('named.arrow', 'none');
  const expected = await train(path, {}, 1);
  const other = write('other.arrow', 'none');
  overwrite(other);
  expect(await train(path, {}, 1, () => renameSync(other, path))).toBe(expected);
  const again = write('named.arrow', 'none');
  expect(await train(again, {}, 1, () => rmSync(again))).toBe(expected);
});
