import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Districts, readDistricts } from '../../examples/housing/districts.ts';
import { estimate, priceFit, priceModel, rootMeanSquaredError } from '../../examples/housing/priceModel.ts';
import { folderWith, housingLines } from '../support/housingTable.ts';

/**
 * T16, figure 2.22: what a house costs, from numbers and a category of a table. Of districts that are made up here;
 * test/sklearn.test.ts has those of California, where their table is.
 */
const LINES = housingLines(1000);
const TEN = LINES.slice(0, 11);
const read = (lines: readonly string[]): Districts => readDistricts(join(folderWith(lines), 'housing.csv'));

describe('T16: house prices', () => {
  test('the validation error falls clearly, and predictions are dollars', async () => {
    const districts = read(LINES);
    const model = await priceModel(districts, 1);
    const history = await model.fit(districts.train, { ...priceFit(districts, 30, 1), workers: 1, progress: false });
    const { validationFeatures, validationPrices: prices } = districts;
    const estimates = await estimate(model, validationFeatures);
    const { valLoss } = history.metrics;
    expect(valLoss[29]).toBeLessThan(valLoss[0] / 10);
    const error = rootMeanSquaredError(estimates, prices);
    // valLoss is in squares of 100,000 dollars.
    expect(error / (Math.sqrt(valLoss[29]) * 100_000)).toBeCloseTo(1, 4);
    // Chance alone within ±10,000 is an error of 10,000 / √3 = 5,774.
    expect(error).toBeGreaterThan(5_000);
    expect(error).toBeLessThan(15_000);
  });

  test('every fifth row is for validation; empty fields have the median of the others, and categories are learned', async () => {
    const { train, validation, trainNumbers, categories, filled, validationFeatures } = read(LINES);
    expect([train.rows, validation.rows]).toEqual([800, 200]);
    expect([train.featureShape, trainNumbers.featureShape]).toEqual([[9], [8]]);
    expect(categories).toEqual(['<1H OCEAN', 'INLAND', 'NEAR BAY']);
    expect(filled).toBe(100);
    const rows = LINES.slice(1).map((line) => line.split(','));
    const known = rows.filter((fields, row) => row % 5 !== 4 && fields[4] !== '').map((fields) => Number(fields[4]));
    known.sort((a, b) => a - b);
    const median = (known[Math.floor((known.length - 1) / 2)] + known[Math.ceil((known.length - 1) / 2)]) / 2;
    // Row 4 is the first one for validation.
    const first = Float32Array.from([...rows[4].slice(0, 8).map(Number), categories.indexOf(rows[4][9])]);
    expect(validationFeatures.subarray(0, 9)).toEqual(first);
    const moved = read(linesWith(LINES, 4, 4, ''));
    expect(moved.validationFeatures.subarray(0, 9)).toEqual(first.with(4, median));
    expect(moved.filled).toBe(101);
  });

  test.each([
    [
      'a word in a column of numbers',
      linesWith(TEN, 2, 3, 'many'),
      /:4: total_rooms: expected a number or nothing, received 'many'/,
    ],
    [
      'a price that is missing',
      linesWith(TEN, 0, 8, ''),
      /:2: median_house_value: expected a number, received nothing/,
    ],
    ['a place that is missing', linesWith(TEN, 0, 9, ''), /:2: ocean_proximity: expected text, received ''/],
    [
      'a field too many',
      linesWith(TEN, 1, 9, 'INLAND,INLAND'),
      /:3: expected 10 fields, as the header has, received 11/,
    ],
    ['a quoted field', linesWith(TEN, 1, 9, '"INLAND"'), /:3: expected fields without quotes/],
    ['another header', ['a,b', '1,2', '1,2', '1,2', '1,2', '1,2'], /expected a column longitude, received a, b/],
    ['no rows', ['a,b'], /expected a header and rows, received 1 lines/],
  ])('of a table with %s it says where', (_, lines, message) => {
    expect(() => read(lines)).toThrow(message);
  });
});

/** The lines with one field of a row replaced. */
function linesWith(lines: readonly string[], row: number, column: number, field: string): string[] {
  const fields = lines[row + 1].split(',');
  fields[column] = field;
  return lines.with(row + 1, fields.join(','));
}
