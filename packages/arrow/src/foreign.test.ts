/** What other writers than apache-arrow (JavaScript) put into files, where no recorded file has it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { Schema } from 'apache-arrow/fb/schema';
import { afterEach, expect, test, vi } from 'vitest';
import { arrowDataset } from './arrowDataset.ts';
import { describeArrowFile } from './describe.ts';
import { lockstepError, readAll, scratchDirectory } from './testing/files.ts';

const directory = scratchDirectory();
const BIG = 1;

afterEach(() => vi.restoreAllMocks());

test.each(['file', 'stream'] as const)(
  'big-endian values are refused, not read as other numbers: %s',
  async (format) => {
    vi.spyOn(Schema, 'addEndianness').mockImplementation((builder) => builder.addFieldInt16(0, BIG, 0));
    const path = join(directory, `big.${format}`);
    writeFileSync(path, arrow.tableToIPC(arrow.tableFromArrays({ x: [1, 2], y: [3, 4] }), format));
    for (const read of [() => arrowDataset(path, { features: ['x'], label: 'y' }), () => describeArrowFile(path)]) {
      const error = await lockstepError(read);
      expect(error).toMatchObject({ code: 'UNSUPPORTED', expected: 'values in little-endian order' });
      expect(error.place).toMatch(/big\.(file, footer|stream, message 0), byte \d+$/);
    }
  },
);

test.each(['file', 'stream'] as const)(
  'columns that share a dictionary have vocabularies of their own: %s',
  async (format) => {
    const words = arrow.vectorFromArray(['low', 'high', 'middle'], new arrow.Utf8());
    const type = new arrow.Dictionary(words.type, new arrow.Int8(), 7);
    const column = (codes: readonly number[]): arrow.Vector => {
      const data = Int8Array.from(codes);
      return new arrow.Vector([
        arrow.makeData({ type, length: data.length, nullCount: 0, data, dictionary: words } as never),
      ]);
    };
    const path = join(directory, `shared.${format}`);
    const table = new arrow.Table({ before: column([0, 1, 0, 1]), after: column([2, 2, 1, 0]) });
    writeFileSync(path, arrow.tableToIPC(table, format));
    const features = [{ column: 'before', oneHot: true, vocabulary: ['low', 'high'] }] as const;
    const dataset = await arrowDataset(path, { features, label: 'after' });
    expect(dataset.description.columns[1].vocabulary).toEqual(['high', 'low', 'middle']);
    const { features: values, valueLabels } = await readAll(dataset);
    expect(Array.from(values)).toEqual([1, 0, 0, 1, 1, 0, 0, 1]);
    expect(Array.from(valueLabels)).toEqual([2, 2, 0, 1]);
  },
);
