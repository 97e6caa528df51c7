import { type Dataset, tensorDataset } from '@lockstep/core';
import { readCsv } from './readCsv.ts';

/** What is known of a district: numbers, and a category. */
export const NUMBERS = [
  'longitude',
  'latitude',
  'housing_median_age',
  'total_rooms',
  'total_bedrooms',
  'population',
  'households',
  'median_income',
] as const;
const CATEGORY = 'ocean_proximity';
const PRICE = 'median_house_value';

/** Prices are learned in this unit, in which they are numbers near 1. */
export const DOLLARS = 100_000;

/** Every fifth row is for validation: the file is in the order of places, so both parts have districts of all. */
const VALIDATION_EVERY = 5;

export interface Districts {
  /** Rows of the numbers, then the index of the category; labels are prices in units of `DOLLARS`. */
  readonly train: Dataset;
  readonly validation: Dataset;
  /** The numbers of the training rows alone, for `adaptNormalization`. */
  readonly trainNumbers: Dataset;
  /** The features of the validation rows, and their prices in dollars. */
  readonly validationFeatures: Float32Array;
  readonly validationPrices: readonly number[];
  /** Names of the categories, by index. */
  readonly categories: readonly string[];
  /** Fields that were empty, and got the median of their column's training rows. */
  readonly filled: number;
}

/** Reads the table of districts, fills what is missing, and parts it. Throws where a field is not what it should be. */
export function readDistricts(path: string): Districts {
  const table = readCsv(path);
  const isValidation = (row: number): boolean => row % VALIDATION_EVERY === VALIDATION_EVERY - 1;
  const all = Array.from({ length: table.rows }, (_, row) => row);
  const parts = { train: all.filter((row) => !isValidation(row)), validation: all.filter(isValidation) };
  if (parts.validation.length === 0) throw new Error(`${path}: expected at least ${VALIDATION_EVERY} rows.`);

  let filled = 0;
  const numbers = NUMBERS.map((name) => {
    const column = table.numbers(name);
    const known = parts.train.map((row) => column[row]).filter((value) => value !== null);
    if (known.length === 0) throw new Error(`${path}: ${name}: expected numbers, received none.`);
    const median = medianOf(known);
    filled += column.filter((value) => value === null).length;
    return column.map((value) => value ?? median);
  });
  const texts = table.texts(CATEGORY);
  const categories = [...new Set(texts)].toSorted();
  const indices = texts.map((text) => categories.indexOf(text));
  const prices = table.numbers(PRICE).map((price, row) => {
    if (price !== null) return price;
    throw new Error(`${path}:${row + 2}: ${PRICE}: expected a number, received nothing.`);
  });

  const featuresOf = (rows: readonly number[], columns: readonly (readonly number[])[]): Float32Array =>
    Float32Array.from(rows.flatMap((row) => columns.map((column) => column[row])));
  const labelsOf = (rows: readonly number[]): Float32Array => Float32Array.from(rows, (row) => prices[row] / DOLLARS);
  const datasetOf = (rows: readonly number[], columns: readonly (readonly number[])[]): Dataset =>
    tensorDataset({ features: featuresOf(rows, columns), labels: labelsOf(rows), featureShape: [columns.length] });
  const columns = [...numbers, indices];
  return {
    train: datasetOf(parts.train, columns),
    validation: datasetOf(parts.validation, columns),
    trainNumbers: datasetOf(parts.train, numbers),
    validationFeatures: featuresOf(parts.validation, columns),
    validationPrices: parts.validation.map((row) => prices[row]),
    ...{ categories, filled },
  };
}

/** The middle one of the sorted numbers, or the mean of the two. */
function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
