import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './folder.ts';
import { numbersFrom } from './numbers.ts';

const HEADER =
  'longitude,latitude,housing_median_age,total_rooms,total_bedrooms,population,households,median_income,median_house_value,ocean_proximity';

/** What a place adds to a price, in dollars. */
const PLACES = { 'NEAR BAY': 120_000, INLAND: 0, '<1H OCEAN': 60_000 } as const;

/**
 * Lines of a housing.csv as examples/housing reads it, of districts that do not exist: a price is 40,000 dollars for each unit
 * of income, what the place adds, 500 a year of age, and chance within ±10,000. Bedrooms are missing in every tenth row.
 */
export function housingLines(rows: number, seed = 1): string[] {
  const next = numbersFrom(seed);
  const between = (least: number, most: number): number => least + (most - least) * next();
  const lines = Array.from({ length: rows }, (_, row) => {
    const [place, extra] = Object.entries(PLACES)[Math.floor(next() * 3)];
    const [age, income, households] = [Math.floor(between(1, 52)), between(1, 9), Math.floor(between(50, 900))];
    const bedrooms = row % 10 === 3 ? '' : Math.floor(1.1 * households);
    const price = Math.round(40_000 * income + extra + 500 * age + between(-10_000, 10_000));
    const where = [between(-124, -114).toFixed(2), between(32, 42).toFixed(2)];
    const counts = [age, Math.floor(5 * households), bedrooms, Math.floor(3 * households), households];
    return [...where, ...counts, income.toFixed(4), price, place].join(',');
  });
  return [HEADER, ...lines];
}

/** A folder whose housing.csv has these lines, removed when the test has finished. */
export function folderWith(lines: readonly string[]): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'housing.csv'), `${lines.join('\n')}\n`);
  return folder;
}
