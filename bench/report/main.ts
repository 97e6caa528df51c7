/**
 * `pnpm bench:report [--json FILE]`: renders the figures of a run as docs/benchmarks/report.html, as
 * docs/benchmarks/speed.svg for the README, and as the README's text between its two markers. With `--check` it writes
 * nothing and ends with 1 when one of them differs.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadResults } from './load.ts';
import { renderAll } from './render.ts';

const LATEST = 'docs/benchmarks/latest.json';
const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const read = (name: string): string => (existsSync(path(name)) ? readFileSync(path(name), 'utf8') : '');

const { values } = parseArgs({
  options: { json: { type: 'string', default: path(LATEST) }, check: { type: 'boolean', default: false } },
});
const rendered = Object.entries(renderAll(loadResults(values.json), read('README.md')));
if (values.check) {
  const different = rendered.filter(([name, text]) => read(name) !== text).map(([name]) => name);
  if (different.length > 0) {
    console.error(`${different.join(', ')} differ from ${LATEST}. Run \`npx -y pnpm@12 bench:report\`.`);
    process.exitCode = 1;
  }
} else {
  for (const [name, text] of rendered) {
    writeFileSync(path(name), text);
    console.log(name);
  }
}
