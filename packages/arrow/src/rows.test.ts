/** Rows and labels: values that are not finite, targets that are scaled, groups that a split keeps together. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { arrowDataset } from './arrowDataset.ts';
import type { ArrowDatasetOptions, FilterCondition } from './optionTypes.ts';
import { lockstepError, readAll, scratchDirectory } from './testing/files.ts';

const directory = scratchDirectory();
let written = 0;

function write(columns: Record<string, arrow.Vector>): string {
  const path = join(directory, `${written++}.arrow`);
  writeFileSync(path, arrow.tableToIPC(new arrow.Table(columns), 'file'));
  return path;
}

const X = [1, NaN, null, 4, Infinity, 6];
const columns = {
  x: arrow.vectorFromArray(X, new arrow.Float32()),
  whole: arrow.vectorFromArray([1, NaN, 3, 4, Infinity, 6], new arrow.Float64()),
  id: arrow.vectorFromArray([0, 1, 2, 3, 4, 5], new arrow.Int32()),
  y: arrow.vectorFromArray([0, 1, 2, 3, 4, 5], new arrow.Int32()),
};
const path = write(columns);

describe('a NaN is a null, and an infinite number is a bad record', () => {
  const open = async (changes: Partial<ArrowDatasetOptions>): Promise<number[][]> => {
    const data = await arrowDataset(path, { features: ['whole'], label: 'id', ...changes });
    const { features, classLabels } = await readAll(data, 'classIndex');
    return [[...features], [...classLabels]];
  };

  test('where it is filled', async () => {
    const [filled] = await open({ features: [{ column: 'x', fillNull: { value: -1, indicator: true } }] });
    expect(filled).toEqual([1, 0, -1, 1, -1, 1, 4, 0, Infinity, 0, 6, 0]);
  });

  test('where statistics are taken', async () => {
    const features = [{ column: 'x', fillNull: 'mean', normalize: 'minMax' } as const];
    const error = await lockstepError(() => open({ features }));
    expect(error).toMatchObject({ code: 'INVALID_DATA', received: 'Infinity' });
    expect(error.place).toContain('column "x", row 4');
    // The mean of 1, 4 and 6, and the range from 1 to 6.
    const mean = Math.fround((11 / 3 - 1) * (1 / 5));
    expect(await open({ features, onBadRecord: 'skip' })).toEqual([
      [0, mean, mean, Math.fround(3 * (1 / 5)), 1],
      [0, 1, 2, 3, 5],
    ]);
  });

  test('where it is asked for, features, labels and weights alike', async () => {
    expect((await open({}))[0]).toEqual([1, NaN, 3, 4, Infinity, 6]);
    const error = await lockstepError(() => open({ onBadRecord: 'error' }));
    expect(error).toMatchObject({ code: 'COLUMN_HAS_NULLS', received: 'NaN, which counts as a null' });
    expect(error.place).toBe(`${path}, record batch 0, column "whole", row 1`);
    expect(await open({ onBadRecord: 'skip' })).toEqual([
      [1, 3, 4, 6],
      [0, 2, 3, 5],
    ]);
    for (const options of [
      { features: ['id'], label: 'whole' },
      { features: ['id'], label: ['y', 'whole'] },
      { features: ['id'], label: 'y', sampleWeight: 'whole' },
    ]) {
      expect((await arrowDataset(path, { ...options, onBadRecord: 'skip' })).rows).toBe(4);
    }
  });

  test('in a filter', async () => {
    const rows = async (filter: readonly FilterCondition[]): Promise<number[]> => [
      ...(await readAll(await arrowDataset(path, { features: ['id'], label: 'y', filter }))).features,
    ];
    expect(await rows([['x', '!=', 4]])).toEqual([0, 4, 5]);
    expect(await rows([['x', 'isNull']])).toEqual([1, 2]);
    expect(
      await rows([
        ['whole', 'notNull'],
        ['id', 'not in', [0, 5]],
      ]),
    ).toEqual([2, 3, 4]);
    expect(
      await rows([
        ['id', 'in', [5, 1]],
        ['x', 'in', [6]],
      ]),
    ).toEqual([5]);
  });
});

describe('targets of a regression', () => {
  const price = [10, 20, 40, 50];
  const table = write({
    price: arrow.vectorFromArray(price, new arrow.Float64()),
    text: arrow.vectorFromArray(['1.5', '2', '-3', '4'], new arrow.Utf8()),
    x: arrow.vectorFromArray([1, 2, 3, 4], new arrow.Int8()),
  });

  test.for([[{ normalize: 'zScore' as const }], [{ normalize: 'minMax' as const }], [{ scale: 0.25 }]])(
    '%o can be brought back',
    async ([how]) => {
      const data = await arrowDataset(table, { features: ['x'], label: { column: 'price', ...how } });
      expect(data.label).toEqual({ width: 1, integer: false });
      const { valueLabels } = await readAll(data);
      const [, { scaling }] = data.description.columns;
      const { subtract, factor } = scaling!;
      expect([...valueLabels]).toEqual(price.map((value) => Math.fround((value - subtract[0]) * factor[0])));
      expect([...valueLabels].map((label) => Math.round(label / factor[0] + subtract[0]))).toEqual(price);
    },
  );

  test('may be texts of digits', async () => {
    const data = await arrowDataset(table, { features: ['x'], label: { column: 'text', cast: 'float64' } });
    expect([...(await readAll(data)).valueLabels]).toEqual([1.5, 2, -3, 4]);
    expect(data.description.columns[1].scaling).toBeUndefined();
  });

  test.for<[object, string, string]>([
    [{ fillNull: 0 }, 'arrowDataset.label.fillNull', 'never made up'],
    [{ scale: 2, oneHot: true }, 'arrowDataset.label', 'Correct'],
    [{ normalize: 'zScore', vocabulary: 'sorted' }, 'arrowDataset.label', 'Correct'],
    [{ cast: 'integer' }, 'arrowDataset.label.cast', 'Correct'],
    [{ normalise: 'zScore' }, 'arrowDataset.label.normalise', 'normalize'],
  ])('%j is refused', async ([how, place, advice]) => {
    const error = await lockstepError(() =>
      arrowDataset(table, { features: ['x'], label: { column: 'price', ...how } }),
    );
    expect(error).toMatchObject({ code: 'INVALID_OPTION', place });
    expect(error.advice).toContain(advice);
  });
});

describe('a split by a column', () => {
  const ROWS = 400;
  const users = Array.from({ length: ROWS }, (_, row) => `user ${(row * 7) % 60}`);
  const table = write({
    user: arrow.vectorFromArray(users, new arrow.Utf8()),
    number: arrow.vectorFromArray(
      users.map((user) => BigInt(user.slice(5))),
      new arrow.Int64(),
    ),
    x: arrow.vectorFromArray(
      users.map((_, row) => row),
      new arrow.Int32(),
    ),
    y: arrow.vectorFromArray(
      users.map((_, row) => row % 2),
      new arrow.Int8(),
    ),
  });
  const SHARES = { train: 0.6, validation: 0.2, test: 0.2 };

  async function parts(column: string, seed = 0): Promise<number[][]> {
    const rows = (['train', 'validation', 'test'] as const).map(async (part) => {
      const data = await arrowDataset(table, {
        features: ['x'],
        label: 'y',
        split: { part, ...SHARES, by: 'hash', column, seed },
      });
      return [...(await readAll(data)).features];
    });
    return Promise.all(rows);
  }

  test.for(['user', 'number'])('keeps the rows of a %s together', async (column) => {
    const found = await parts(column);
    expect(found.flat().toSorted((a, b) => a - b)).toEqual(users.map((_, row) => row));
    const groups = found.map((rows) => new Set(rows.map((row) => users[row])));
    expect(groups.reduce((sum, group) => sum + group.size, 0)).toBe(60);
    for (const [i, share] of [0.6, 0.2, 0.2].entries())
      expect(Math.abs(groups[i].size / 60 - share)).toBeLessThan(0.15);
    expect(await parts(column, 1)).not.toEqual(found);
  });

  test('takes a hash, and integers or texts', async () => {
    const split = { part: 'train', train: 0.5, test: 0.5 } as const;
    const options = { features: ['x'], label: 'y' };
    const byFraction = await lockstepError(() =>
      arrowDataset(table, { ...options, split: { ...split, column: 'user' } }),
    );
    expect(byFraction).toMatchObject({ code: 'INVALID_OPTION', place: 'arrowDataset.split.by' });
    const missing = await lockstepError(() =>
      arrowDataset(table, { ...options, split: { ...split, by: 'hash', column: 'usr' } }),
    );
    expect(missing).toMatchObject({ code: 'COLUMN_MISSING', advice: 'Did you mean "user"?' });
  });
});

test.for<[object, string]>([
  [{ filter: [['x', 'in', 4]] }, 'arrowDataset.filter[0][2]'],
  [{ filter: [['x', 'in', []]] }, 'arrowDataset.filter[0][2]'],
  [{ filter: [['x', 'in', [1, 'a']]] }, 'arrowDataset.filter[0][2][1]'],
  [{ filter: [['x', 'isNull', 3]] }, 'arrowDataset.filter[0][2]'],
  [{ filter: [['x', '==', null]] }, 'arrowDataset.filter[0][2]'],
  [
    {
      filter: [
        ['x', '==', 'a'],
        ['x', '>', 2],
      ],
    },
    'arrowDataset.filter[1][2]',
  ],
  [{ filter: [['x', 'is', 2]] }, 'arrowDataset.filter[0][1]'],
  [{ features: [{ column: 'x', cast: 'int' }] }, 'arrowDataset.features[0].cast'],
  [{ features: [{ column: 'x', oneHot: true, vocabulary: [1, 'a'] }] }, 'arrowDataset.features[0].vocabulary'],
  [{ features: [{ column: 'x', oneHot: true, vocabulary: [0.5] }] }, 'arrowDataset.features[0].vocabulary[0]'],
  [{ split: { part: 'train', train: 1, column: 3, by: 'hash' } }, 'arrowDataset.split.column'],
])('options are checked: %j', async ([options, place]) => {
  const good = { features: ['x'], label: 'id' };
  const error = await lockstepError(() => arrowDataset(path, { ...good, ...options }));
  expect([error.code, error.place]).toEqual(['INVALID_OPTION', place]);
});

test('categories that no double tells apart are bad records', async () => {
  const days = [1, 20_000, 3].map((day) => new Date(day * 86_400_000));
  const table = new arrow.Table({
    day: arrow.vectorFromArray(days, new arrow.DateDay()),
    long: arrow.vectorFromArray(
      [1, 2, 3].map((value) => Uint32Array.of(value, value === 2 ? 2 ** 30 : 0, 0, 0)),
      new arrow.Decimal(0, 20, 128),
    ),
    id: arrow.vectorFromArray([0, 1, 2], new arrow.Int32()),
  }) as arrow.Table;
  const features = [
    { column: 'day', cast: 'ns', embeddingIndex: true },
    { column: 'long', embeddingIndex: true },
  ] as const;
  for (const feature of features) {
    const error = await lockstepError(() => arrowDataset(table, { features: [feature], label: 'id' }));
    expect(error).toMatchObject({ code: 'INVALID_DATA', expected: 'an integer between -2^53 and 2^53' });
    expect(error.place).toContain(`column "${feature.column}", row 1`);
    const data = await arrowDataset(table, { features: [feature], label: 'id', onBadRecord: 'skip' });
    expect([...(await readAll(data)).features]).toEqual([0, 1]);
  }
});

test('categories are of one kind', async () => {
  const table = new arrow.Table({
    shop: arrow.vectorFromArray([3, 1, 2], new arrow.Int32()),
    city: arrow.vectorFromArray(['Ulm', 'Bern', 'Ulm'], new arrow.Utf8()),
    id: arrow.vectorFromArray([0, 1, 2], new arrow.Int32()),
  }) as arrow.Table;
  const wrong = [
    [{ column: 'shop', embeddingIndex: true, fillNull: 'none' }, 'texts, as "none" of'],
    [{ column: 'shop', oneHot: true, vocabulary: ['1', '2'] }, 'texts, as "1" of'],
    [{ column: 'city', oneHot: true, fillNull: 3 }, 'integers, as 3 of'],
  ] as const;
  for (const [feature, expected] of wrong) {
    const error = await lockstepError(() => arrowDataset(table, { features: [feature], label: 'id' }));
    expect(error).toMatchObject({ code: 'COLUMN_TYPE', expected: `${expected} arrowDataset.features[0] is` });
  }
});

test('texts are compared with texts', async () => {
  const options = { features: ['whole'], label: 'id' };
  const error = await lockstepError(() => arrowDataset(path, { ...options, filter: [['x', '==', 'a']] }));
  expect(error).toMatchObject({ code: 'COLUMN_TYPE', expected: 'texts, as arrowDataset.filter compares it with' });
  expect(error.advice).toContain('Compare numbers with numbers');
});
