import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { districts, type HouseErrors, houseErrors, ONE_RATE, RECORD } from './sklearn/houses.ts';
import { allScores, deviationOf, meanOf, recorded } from './sklearn/tasks.ts';
import { difference, FILE, houseTable, taskTable } from './sklearn/writeAccuracy.ts';

/** scikit-learn's networks and ours, on the same rows with the same hyperparameters; test/sklearn/record.py recorded theirs. */

/**
 * Where two networks are equally good, the mean of ten differences is below −2.82 standard errors in one of a hundred
 * experiments (Student's t with nine degrees of freedom). Splits are the same on both sides, so that how hard they are cancels out.
 */
const T_NINE = 2.821;
/** The same of the difference of two means of five, with eight degrees of freedom. */
const T_EIGHT = 2.896;

/** By how many standard errors of the difference our errors are smaller. */
function gain(ours: readonly number[], theirs: readonly number[]): number {
  const error = Math.hypot(deviationOf(ours), deviationOf(theirs)) / Math.sqrt(ours.length);
  return (meanOf(theirs) - meanOf(ours)) / error;
}

describe(`as good as scikit-learn ${recorded.sklearn}`, () => {
  const scores = allScores();
  const document = readFileSync(FILE, 'utf8');
  const houses = JSON.parse(readFileSync(RECORD, 'utf8')) as HouseErrors;

  test.each(Object.entries(recorded.tasks))('%s', async (name, { scores: theirs }) => {
    const ours = (await scores).get(name) ?? [];
    expect([ours.length, theirs.length]).toEqual([10, 10]);
    const { mean, error } = difference(ours, theirs);
    expect(mean).toBeGreaterThanOrEqual(-T_NINE * error);
  });

  test('docs/accuracy.md has these numbers', async () => {
    expect(document).toContain(taskTable(await scores));
  });

  test('prices of houses are estimated better than with the best of its learning rates, and as well with that', () => {
    expect(document).toContain(houseTable(houses));
    const { errors, seeds } = recorded.housing;
    expect([houses.example.length, houses.oneRate.length]).toEqual([seeds, seeds]);
    for (const [rate, theirs] of Object.entries(errors)) {
      expect(gain(houses.example, theirs)).toBeGreaterThan(T_EIGHT);
      if (Number(rate) === ONE_RATE) expect(gain(houses.oneRate, theirs)).toBeGreaterThan(-T_EIGHT);
    }
  });

  test('and these are its errors (else write them anew: test/sklearn/writeAccuracy.ts)', async ({ skip }) => {
    const table = districts();
    skip(table === null, 'The table of houses is not part of the repository.');
    if (table === null) return;
    const { trainRows, testRows } = recorded.housing;
    expect([table.train.rows, table.validation.rows]).toEqual([trainRows, testRows]);
    const { example, oneRate } = await houseErrors(table, 1);
    expect([example[0], oneRate[0]]).toEqual([houses.example[0], houses.oneRate[0]]);
  });
});
