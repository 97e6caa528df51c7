/** What other libraries call things that have another name here. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  acc: ['accuracy'],
  bce: ['binaryCrossentropy'],
  callback: ['callbacks'],
  crossentropy: ['sparseCategoricalCrossentropy', 'categoricalCrossentropy'],
  lr: ['learningRate', 'initialLearningRate', 'maxLearningRate'],
  mae: ['meanAbsoluteError'],
  maxepochs: ['epochs'],
  maxlr: ['maxLearningRate'],
  mse: ['meanSquaredError'],
  p: ['rate'],
  rmse: ['rootMeanSquaredError'],
  sparsecategoricalaccuracy: ['accuracy'],
  categoricalaccuracy: ['accuracy'],
  swish: ['silu'],
  validationdata: ['validation'],
  verbose: ['progress'],
};

/**
 * The name that was probably meant: the same in another spelling (`learning_rate`, `Relu`), another library's name for it, or one
 * that a slip of the keyboard explains; null where none is near.
 */
export function nearestName(given: string, names: readonly string[]): string | null {
  const plain = plainOf(given);
  // Of a name without a letter or a digit nothing is left to compare.
  if (plain === '') return null;
  const same = names.find((name) => plainOf(name) === plain);
  if (same !== undefined) return same;
  const known = Object.hasOwn(ELSEWHERE, plain) ? ELSEWHERE[plain].find((name) => names.includes(name)) : undefined;
  if (known !== undefined) return known;
  // A third of a name may be wrong; short names differ from each other by as much.
  let least = Math.floor(Math.min(plain.length, 12) / 3) + 1;
  let nearest: string | null = null;
  for (const name of names) {
    const distance = distanceOf(plain, plainOf(name), least);
    if (distance >= least) continue;
    least = distance;
    nearest = name;
  }
  return nearest;
}

/** "Did you mean learningRate? ", to stand before an advice; empty where no name is near. */
export function didYouMean(given: unknown, names: readonly string[]): string {
  const name = typeof given === 'string' ? nearestName(given, names) : null;
  return name === null || name === given ? '' : `Did you mean ${name}? `;
}

function plainOf(name: string): string {
  return name
    .slice(0, 64)
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();
}

/** Letters to put in, leave out, replace or swap with the next (Damerau 1964); `limit` where there are as many. */
function distanceOf(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array<number>(b.length).fill(0)]);
  rows[0] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, replaced);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return Math.min(rows[a.length][b.length], limit);
}
