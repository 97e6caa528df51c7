import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { adam, type FitOptions } from '@lockstep/core';
import { type Districts, readDistricts } from '../../examples/housing/districts.ts';
import { estimate, priceFit, priceModel, rootMeanSquaredError } from '../../examples/housing/priceModel.ts';
import { recorded } from './tasks.ts';

/** The table is not part of the repository; null where it does not lie beside it. */
export function districts(): Districts | null {
  const path = fileURLToPath(new URL('../../../shared/data/housing/housing.csv', import.meta.url));
  return existsSync(path) ? readDistricts(path) : null;
}

/** The best of those that scikit-learn was given. */
export const ONE_RATE = 0.003;

/** In dollars, for each seed. */
export interface HouseErrors {
  /** Of examples/housing as it is. */
  readonly example: readonly number[];
  /** With one learning rate, `ONE_RATE`, from the first step to the last. */
  readonly oneRate: readonly number[];
}

/** What writeAccuracy.ts found: the table of houses is not part of the repository. */
export const RECORD: URL = new URL('houses.json', import.meta.url);

/** For the first `seeds` seeds. */
export async function houseErrors(table: Districts, seeds: number): Promise<HouseErrors> {
  return {
    example: await errorsWith(table, seeds, {}),
    oneRate: await errorsWith(table, seeds, { optimizer: adam({ learningRate: ONE_RATE }) }),
  };
}

async function errorsWith(table: Districts, seeds: number, options: Partial<FitOptions>): Promise<number[]> {
  const { epochs } = recorded.housing;
  const errors: number[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const model = await priceModel(table, seed);
    await model.fit(table.train, { ...priceFit(table, epochs, seed), workers: 1, progress: false, ...options });
    const estimates = await estimate(model, table.validationFeatures);
    errors.push(rootMeanSquaredError(estimates, table.validationPrices));
  }
  return errors;
}
