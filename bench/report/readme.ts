import type { BenchResults } from '../results.ts';
import { stepComparisons } from './comparisons.ts';
import { markdownTable } from './markdownTable.ts';
import { summaryOf } from './summary.ts';
import { dateOf, machineOf, ratioText } from './words.ts';

export const BEGIN = '<!-- benchmarks:begin -->';
export const END = '<!-- benchmarks:end -->';

/** The README with everything between the two markers written anew. */
export function replaceBlock(readme: string, block: string): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md: expected ${BEGIN} and, behind it, ${END}`);
  return `${readme.slice(0, begin)}${BEGIN}\n\n${block}\n\n${readme.slice(end)}`;
}

/** What stands between the markers. */
export function readmeBlock(results: BenchResults): string {
  const { command, machine } = results;
  const commit = machine.commit === '' ? '' : `, commit ${machine.commit}`;
  const parts = [
    '<!-- Written by `npx -y pnpm@12 bench:report` from docs/benchmarks/latest.json. Changes by hand are lost. -->',
    `Measured on ${dateOf(results)} by \`${command}\` on ${machineOf(results)}${commit}. All figures, also those of every setting: [docs/benchmarks](docs/benchmarks/README.md).`,
    '![How many times as fast as others Lockstep trains: a bar for each peer and network; the table below has the numbers](docs/benchmarks/speed.svg)',
  ];
  const steps = stepComparisons(results);
  if (steps.length > 0) {
    const labels = steps[0].peers.map(({ label }) => label);
    const rows = steps.map(({ title, ours, peers }) => [
      title,
      ours ?? 'failed',
      ...peers.map(({ ratio, note }) => ratioText(ratio, note)),
    ]);
    parts.push(
      'A training step: the time of Lockstep at its best, and how many times as long each peer needs with its best setting, of best runs (of medians). Below 1, the peer is faster.',
      markdownTable(['network', 'Lockstep', ...labels], rows),
    );
  }
  const summary = summaryOf(results);
  if (summary.length > 0) {
    const rows = summary.map(({ what, best, median }) => [what, best, median]);
    parts.push(markdownTable(['more', 'best', 'median'], rows));
  }
  return parts.join('\n\n');
}
