/** Estimates what houses cost in districts of California: `npx -y pnpm@12 housing --data <folder with housing.csv>`. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { readArguments, refuse } from '../shared/arguments.ts';
import { count, print, printRow, printTraining } from '../shared/printing.ts';
import { type Districts, DOLLARS, NUMBERS, readDistricts } from './districts.ts';
import { estimate, priceFit, priceModel, rootMeanSquaredError } from './priceModel.ts';

/** Where the project's own machines keep the file: beside the repository. */
const DEFAULT_DATA = fileURLToPath(new URL('../../../shared/data/housing', import.meta.url));
/** Of the error that the mean price makes for every district: what a full run must at least come down to. */
const WANTED_SHARE = 0.6;
/** Districts that are shown, and epochs whose error is. */
const SHOWN = 8;
const SHOWN_EPOCHS = new Set([1, 2, 5, 10, 20]);

const flags = readArguments({ epochs: 30, seed: 42, dataHelp: 'where housing.csv is' });
const path = join(flags.data === undefined ? DEFAULT_DATA : resolve(flags.data), 'housing.csv');
if (!existsSync(path)) {
  refuse(
    [
      `${path} does not exist. Name its folder with --data.`,
      'It is the table of the census of 1990 that is used in "Hands-On Machine Learning" (Géron), with the columns',
      `  ${NUMBERS.join(', ')}, median_house_value, ocean_proximity:`,
      '  https://github.com/ageron/handson-ml2/tree/master/datasets/housing',
    ].join('\n'),
  );
}

function readOrRefuse(): Districts {
  try {
    return readDistricts(path);
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function dollars(value: number): string {
  return `$${count(value)}`;
}

const districts = readOrRefuse();
const { train, validation, categories, filled, validationFeatures, validationPrices } = districts;
print(styleText('bold', 'Lockstep learns what houses cost in California'));
print(`${count(train.rows)} districts to train on, ${count(validation.rows)} to validate`);
print(`${filled} empty fields filled with medians; ${categories.length} neighbourhoods: ${categories.join(', ')}`);
const model = await priceModel(districts, flags.seed);
print(`\n${model.summary()}\n`);

const history = await model.fit(train, {
  ...priceFit(districts, flags.epochs, flags.seed),
  ...{ workers: flags.workers, progress: true },
  ...(flags.steps === undefined ? {} : { maxSteps: flags.steps }),
});

const estimates = await estimate(model, validationFeatures);
print('\nDistricts that it has not seen\n');
print('  estimated       price');
for (let i = 0; i < SHOWN; i++) {
  const row = Math.floor((i * validationPrices.length) / SHOWN);
  print(`${dollars(estimates[row]).padStart(11)}${dollars(validationPrices[row]).padStart(12)}`);
}

const mean = validationPrices.reduce((sum, price) => sum + price, 0) / validationPrices.length;
const baseline = rootMeanSquaredError(
  validationPrices.map(() => mean),
  validationPrices,
);
const reached = rootMeanSquaredError(estimates, validationPrices);
print('\nRoot mean squared error of these districts\n');
printRow('the mean price', dollars(baseline));
for (const [index, loss] of history.metrics['valLoss'].entries()) {
  const epoch = index + 1;
  if (SHOWN_EPOCHS.has(epoch)) printRow(`epoch ${epoch}`, dollars(Math.sqrt(loss) * DOLLARS));
}
printRow('at the end', styleText('bold', dollars(reached)));
print('');
printTraining(history);

if (flags.steps === undefined && !(reached < WANTED_SHARE * baseline)) {
  process.stderr.write(`The error is not below ${dollars(WANTED_SHARE * baseline)}.\n`);
  process.exitCode = 1;
}
