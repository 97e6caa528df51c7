/**
 * Installs the packed packages with npm in an empty folder, as a stranger would, and trains with them on three versions
 * of Node. Run by `pnpm test:packages`; it needs the network. Ends with 1 unless every version gives the same bits, and so does
 * a run that is stopped and resumed from one version to the next, and one with a layer of a stranger's own.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONSUMER, LAYER_CONSUMER, OWN_LAYER } from './consumer.ts';
import { packPackages, readManifest, ROOT } from './packPackages.ts';

/** The oldest supported version, the one the workspace uses, and the newest. Their packages bring the program itself. */
const NODES = ['22.23.3', '24.21.0', '26.10.0'];

const directory = mkdtempSync(join(tmpdir(), 'lockstep-try-'));
const consumer = join(directory, 'consumer');
const nodes = join(directory, 'nodes');

/** Without the settings that the pnpm around this script hands down. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm|pnpm)_(?!config_(cafile|registry|cache|https?_proxy))/i.test(name),
  ),
);

function npmInstall(folder: string, packages: readonly string[]): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages];
  execFileSync('npm', args, { cwd: folder, env: environment, stdio: 'inherit' });
}

function run(version: string, args: readonly string[]): string {
  const node = join(nodes, 'node_modules', `node${version}`, 'bin/node');
  return execFileSync(node, args, { cwd: consumer, env: environment, encoding: 'utf8' }).trim();
}

try {
  const packed = packPackages(directory);
  console.log(`packed: ${packed.map(({ tarball }) => tarball.slice(directory.length + 1)).join(' ')}`);
  npmInstall(
    consumer,
    packed.map(({ tarball }) => tarball),
  );
  npmInstall(
    nodes,
    NODES.map((version) => `node${version}@npm:node-linux-${process.arch}@${version}`),
  );
  writeFileSync(join(consumer, 'try.mjs'), CONSUMER);
  writeFileSync(join(consumer, 'ownLayer.js'), OWN_LAYER);
  writeFileSync(join(consumer, 'tryLayer.js'), LAYER_CONSUMER);

  const expected = readManifest(join(ROOT, 'packages/cli')).version;
  const hashes = new Set<string>();
  const layerHashes = new Set<string>();
  for (const version of NODES) {
    const command = run(version, ['node_modules/lockstep/dist/main.js', '--version']);
    if (command !== expected) throw new Error(`lockstep --version on Node ${version}: ${command}, not ${expected}`);
    const hash = run(version, ['try.mjs']);
    hashes.add(hash);
    for (const workers of ['1', '2']) layerHashes.add(run(version, ['tryLayer.js', workers]));
    console.log(`Node ${run(version, ['--version'])}: lockstep ${command}, weights ${hash}`);
  }
  console.log(`with a layer of one's own, on one worker and on two: weights ${[...layerHashes].join(' and ')}`);
  if (hashes.size !== 1 || layerHashes.size !== 1) throw new Error('The versions of Node disagree about the bits.');

  // One run, a third of its steps on each: 24 steps in three epochs of 8.
  const steps = [7, 14, 24];
  const parts = NODES.map((version, index) => run(version, ['try.mjs', 'checkpoints', String(steps[index])]));
  console.log(`one run, begun on Node ${NODES[0]} and gone on with on the others: weights ${parts.at(-1)}`);
  if (!hashes.has(parts.at(-1) ?? '')) throw new Error('A run that went from Node to Node has other weights.');
} finally {
  rmSync(directory, { recursive: true, force: true });
}
