import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FIRST_RATE } from '../../examples/housing/priceModel.ts';
import { districts, type HouseErrors, houseErrors, ONE_RATE, RECORD } from './houses.ts';
import { allScores, deviationOf, meanOf, recorded } from './tasks.ts';

/**
 * Trains all networks and writes docs/accuracy.md, and test/sklearn/houses.json, the errors of examples/housing:
 *   node --conditions=lockstep-source test/sklearn/writeAccuracy.ts
 * The houses need their table, beside the project.
 */
export const FILE = fileURLToPath(new URL('../../docs/accuracy.md', import.meta.url));

/** What the example's learning rate was searched among. */
const SEARCHED = ['0.003', '0.006', '0.012'];

const TITLE = `# Accuracy beside scikit-learn

<!-- Written by \`node --conditions=lockstep-source test/sklearn/writeAccuracy.ts\`. Changes by hand are lost. -->

Networks of the same size on the same rows, with the same number of epochs, batch size, learning rate and penalty, in Lockstep and in
scikit-learn ${recorded.sklearn} (\`MLPClassifier\`, \`MLPRegressor\`; recorded by \`test/sklearn/record.py\`). Both standardise their inputs by the
training rows, have ReLU in hidden layers, Adam, weights that start in ±√(6/(in + out)), and no early stopping. Its penalty
alpha is \`l2(alpha / (2 · batch size))\` for kernels, and twice that beside squared errors, which it halves.
`;

const TASKS_TEXT = `Ten times, each with another split (three quarters to train on) and another seed: mean ± standard deviation of the score on the
test rows, and the mean of the ten differences ± its standard error. Scores are accuracies, and R² for diabetes.
\`test/sklearn.test.ts\` trains them anew and asserts that no mean is below scikit-learn's by more than chance explains.
`;

const HOUSES_TEXT = `California housing (\`examples/housing\`), ${recorded.housing.seeds} seeds: root mean squared error in dollars on every fifth
district, hidden layers of ${recorded.housing.hidden.join(' and ')}, batches of ${recorded.housing.batchSize}, ${recorded.housing.epochs} epochs, Adam, no penalty. \`MLPRegressor\` has one learning rate for
all of the run. With the best of those that it was given Lockstep's errors are the same within chance; the example's rate comes
down along half a cosine, which is what makes it better. Its neighbourhoods are an embedding, scikit-learn's are one-hot.

Learning rates were chosen by a small search on these same rows, so the errors may be smaller than on rows that nobody
has looked at: for scikit-learn from ${list(Object.keys(recorded.housing.errors))}, for the example from ${list(SEARCHED)},
after which it was given ${FIRST_RATE}.
`;

/** Of differences between pairs: their mean, and the standard error of it. */
export function difference(
  ours: readonly number[],
  theirs: readonly number[],
): { readonly mean: number; readonly error: number } {
  const differences = ours.map((score, i) => score - theirs[i]);
  return { mean: meanOf(differences), error: deviationOf(differences) / Math.sqrt(differences.length) };
}

/** `scores`: Lockstep's, by task. */
export function taskTable(scores: ReadonlyMap<string, readonly number[]>): string {
  const rows = [...scores].map(([name, ours]) => {
    const { hidden, epochs, batchSize, learningRate, alpha, scores: theirs } = recorded.tasks[name];
    const { mean, error } = difference(ours, theirs);
    return [
      ...[name, hidden.join(', '), String(epochs), String(batchSize), String(learningRate), String(alpha)],
      ...[spread(theirs, 4), spread(ours, 4), `${signed(mean)} ± ${error.toFixed(4)}`],
    ];
  });
  const head = [
    'data',
    'hidden',
    'epochs',
    'batch',
    'learning rate',
    'alpha',
    'scikit-learn',
    'Lockstep',
    'difference',
  ];
  return table([head, ...rows]);
}

/** `ours`: errors of the example, and with one learning rate. */
export function houseTable(ours: HouseErrors): string {
  const theirs = Object.entries(recorded.housing.errors).map(([rate, errors]) => [
    ...[`scikit-learn, learning rate ${rate}`, spread(errors, 0)],
  ]);
  const rows = [
    [`Lockstep, learning rate ${ONE_RATE}`, spread(ours.oneRate, 0)],
    [`Lockstep, from ${FIRST_RATE} down to 0`, spread(ours.example, 0)],
  ];
  return table([['', 'error in dollars'], ...theirs, ...rows]);
}

function list(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function spread(values: readonly number[], digits: number): string {
  return `${meanOf(values).toFixed(digits)} ± ${deviationOf(values).toFixed(digits)}`;
}

function signed(value: number): string {
  const digits = Math.abs(value).toFixed(4);
  if (Number(digits) === 0) return digits;
  return `${value < 0 ? '−' : '+'}${digits}`;
}

/** Padded as oxfmt would. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((cells) => cells[column].length)));
  const lines = rows.map((cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return lines.join('\n');
}

if (process.argv[1] === import.meta.filename) {
  const houses = districts();
  if (houses === null) throw new Error('The table of houses is missing: ../shared/data/housing/housing.csv.');
  const errors = await houseErrors(houses, recorded.housing.seeds);
  writeFileSync(RECORD, `${JSON.stringify(errors, null, 2)}\n`);
  const tasks = taskTable(await allScores());
  writeFileSync(FILE, `${[TITLE, TASKS_TEXT, tasks, '', HOUSES_TEXT, houseTable(errors)].join('\n')}\n`);
}
