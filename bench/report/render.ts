import type { BenchResults } from '../results.ts';
import { reportPage } from './page.ts';
import { readmeBlock, replaceBlock } from './readme.ts';
import { speedPicture } from './speedPicture.ts';

/** All that shows the figures of a run: text by path in the repository. `readme`: the README as it is. */
export function renderAll(results: BenchResults, readme: string): Readonly<Record<string, string>> {
  return {
    'docs/benchmarks/report.html': reportPage(results),
    'docs/benchmarks/speed.svg': speedPicture(results),
    'README.md': replaceBlock(readme, readmeBlock(results)),
  };
}
