import { readFileSync } from 'node:fs';
import { type BenchResults, RESULTS_FORMAT } from '../results.ts';

/** Reads what `pnpm bench --json` has written. */
export function loadResults(path: string): BenchResults {
  const results = JSON.parse(readFileSync(path, 'utf8')) as { readonly format?: unknown };
  // A part that was not there yet was not run.
  if (results.format === RESULTS_FORMAT) return { loader: null, ...results } as BenchResults;
  throw new Error(`${path}: expected results of format ${RESULTS_FORMAT}; measure again with \`npx -y pnpm@12 bench\``);
}
