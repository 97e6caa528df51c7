import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test('the layer of docs/layers.md is the one of the example', () => {
  expect(read('docs/layers.md')).toContain(`\`\`\`ts\n${read('examples/swish/swish.ts')}\`\`\`\n`);
});

test('and its loss the one of the tests', () => {
  const [, loss] = /defineLoss } from '@lockstep\/core\/layer';\n\n(.*?)```/s.exec(read('docs/layers.md')) ?? [];
  expect(loss).toContain('defineLoss(');
  expect(read('test/support/expectile.ts')).toContain(loss);
});

test('the script of the README runs as it stands there', () => {
  const readme = read('README.md');
  const script = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  // Inside test/, so that package names resolve as they do for a reader who has installed the packages.
  const folder = mkdtempSync(join(import.meta.dirname, '.readme-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'script.mjs'), script);
  const output = execFileSync(process.execPath, ['--conditions=lockstep-source', 'script.mjs'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [, accuracy] = /^accuracy ([\d.]+), weights [0-9a-f]{64}$/m.exec(output) ?? [];
  expect(Number(accuracy)).toBeGreaterThan(0.97);
  const [, first, second] = /Float32Array\(2\) \[ ([\de.-]+), ([\de.-]+) \]/.exec(output) ?? [];
  expect(Number(first) + Number(second)).toBeCloseTo(1, 5);
  expect(existsSync(join(folder, 'spirals.safetensors'))).toBe(true);
});
