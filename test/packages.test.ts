import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dense, sequential, tensorDataset } from '@lockstep/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONSUMER, LAYER_CONSUMER, OWN_LAYER, TYPED_CONSUMER } from './tools/consumer.ts';
import {
  dependencyFolder,
  link,
  type Manifest,
  type PackageFolder,
  type PackedPackage,
  packPackages,
  PACKAGES,
  readManifest,
  ROOT,
  unpack,
} from './tools/packPackages.ts';

// What a stranger installs: the packages are built, packed and unpacked into a folder that knows nothing of the
// workspace. `pnpm test:packages` does the same with npm, from the registry, on three versions of Node.

/** All that each package brings along, third parties last. A new entry here is a decision. */
const DEPENDENCIES: Readonly<Record<PackageFolder, readonly string[]>> = {
  kernels: [],
  core: ['@lockstep/kernels', 'piscina', 'valibot'],
  arrow: ['@lockstep/core', 'apache-arrow', 'hyparquet', 'hyparquet-compressors', 'yauzl'],
  cli: ['@lockstep/arrow', '@lockstep/core', 'commander'],
};

const TOP_LEVEL: Readonly<Record<PackageFolder, readonly string[]>> = {
  kernels: ['LICENSE', 'README.md', 'dist', 'package.json', 'src', 'wasm'],
  core: ['LICENSE', 'README.md', 'dist', 'package.json', 'src'],
  arrow: ['LICENSE', 'README.md', 'dist', 'package.json', 'src'],
  cli: ['LICENSE', 'README.md', 'dist', 'package.json', 'src'],
};

let directory: string;
let consumer: string;
let packed: readonly PackedPackage[];
const manifests = new Map<PackageFolder, Manifest>();

function packageOf(folder: PackageFolder): {
  files: readonly string[];
  tarball: string;
  manifest: Manifest;
  path: string;
} {
  const { files, tarball } = packed.find((candidate) => candidate.folder === folder)!;
  const manifest = manifests.get(folder)!;
  return { files, tarball, manifest, path: join(consumer, 'node_modules', manifest.name) };
}

function node(args: readonly string[]): string {
  // The options of this process would resolve packages to their sources.
  return execFileSync(process.execPath, args, { cwd: consumer, encoding: 'utf8', env: { PATH: process.env['PATH'] } });
}

beforeAll(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'lockstep-packages-')));
  consumer = join(directory, 'consumer');
  packed = packPackages(directory);
  for (const { folder, tarball } of packed) {
    const { name, dependencies = {} } = readManifest(join(ROOT, 'packages', folder));
    const path = join(consumer, 'node_modules', name);
    unpack(tarball, path);
    manifests.set(folder, readManifest(path));
    for (const dependency of Object.keys(dependencies)) {
      if (dependency.startsWith('@lockstep/')) continue;
      link(dependencyFolder(folder, dependency), join(consumer, 'node_modules', dependency));
    }
  }
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ type: 'module' }));
}, 120_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.each(PACKAGES)('packages/%s', (folder) => {
  test('ships its build, its sources, a README and the licence, and no tests', () => {
    const { files, path } = packageOf(folder);
    expect([...new Set(files.map((file) => file.split('/')[0]))]).toEqual(TOP_LEVEL[folder]);
    expect(files.filter((file) => /\.test\.|testing|tsbuildinfo|tsconfig|node_modules/.test(file))).toEqual([]);
    // Every module comes with its declarations and maps, and the maps lead to sources that are there.
    const modules = files.filter((file) => file.startsWith('src/'));
    const built = modules.flatMap((file) => {
      const stem = file.replace(/^src/, 'dist').replace(/\.ts$/, '');
      return [`${stem}.d.ts`, `${stem}.d.ts.map`, `${stem}.js`, `${stem}.js.map`];
    });
    expect(files.filter((file) => file.startsWith('dist/'))).toEqual(built.toSorted());
    const map = JSON.parse(readFileSync(join(path, 'dist/index.js.map'), 'utf8')) as { sources: string[] };
    expect(map.sources).toEqual(['../src/index.ts']);
  });

  test('depends on what is decided here, at exact versions', () => {
    const { dependencies = {} } = packageOf(folder).manifest;
    expect(Object.keys(dependencies)).toEqual(DEPENDENCIES[folder]);
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    const { version } = readManifest(join(ROOT, 'packages/kernels'));
    for (const [name, of] of Object.entries(dependencies)) if (name.startsWith('@lockstep/')) expect(of).toBe(version);
  });

  test('resolves for Node and for TypeScript', () => {
    const { manifest, path } = packageOf(folder);
    const script = `console.log(import.meta.resolve('${manifest.name}'), import.meta.resolve('${manifest.name}/package.json'))`;
    const [main, own] = node(['--input-type=module', '-e', script]).trim().split(' ');
    expect([main, own]).toEqual([`file://${join(path, 'dist/index.js')}`, `file://${join(path, 'package.json')}`]);
  });

  test('publint finds nothing', async () => {
    const { tarball, manifest } = packageOf(folder);
    const bytes = readFileSync(tarball);
    const { messages } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, { ...manifest }))).toEqual([]);
  });

  test('attw finds nothing wrong for ES modules', () => {
    const attw = join(ROOT, 'test/node_modules/@arethetypeswrong/cli/dist/index.js');
    const { tarball } = packageOf(folder);
    const output = node([attw, tarball, '--profile', 'esm-only', '--format', 'json']);
    const { analysis } = JSON.parse(output) as { analysis: { problems: { kind: string; resolutionKind?: string }[] } };
    // What the profile ignores: CommonJS, and the resolution of Node 10.
    const ignored = new Set(['node10', 'node16-cjs']);
    expect(analysis.problems.filter(({ resolutionKind = '' }) => !ignored.has(resolutionKind))).toEqual([]);
  });
});

test('the kernels fit in 128 KB', () => {
  const { size } = statSync(join(packageOf('kernels').path, 'wasm/lockstep-kernels.wasm'));
  expect(size).toBeLessThan(128 * 1024);
});

test('ten lines train on two workers, to the same bits as the sources', async () => {
  writeFileSync(join(consumer, 'try.mjs'), CONSUMER);
  const features = Float32Array.from({ length: 600 }, (_, index) => ((index * 37) % 101) / 101);
  const labels = Int32Array.from({ length: 150 }, (_, row) => (features[row * 4] > features[row * 4 + 1] ? 1 : 0));
  const layers = [dense(16, { activation: 'relu' }), dense(2, { activation: 'softmax' })];
  const model = sequential(layers, { inputShape: [4], seed: 7 });
  await model.fit(tensorDataset({ features, labels, featureShape: [4] }), {
    ...{ loss: 'sparseCategoricalCrossentropy', batchSize: 20, epochs: 3, workers: 1, progress: false },
  });
  expect(node(['try.mjs']).trim()).toBe(model.weightsHash());
});

test('a layer of a user, in a plain file, trains on one worker and on two, to the same bits', () => {
  writeFileSync(join(consumer, 'ownLayer.js'), OWN_LAYER);
  writeFileSync(join(consumer, 'tryLayer.js'), LAYER_CONSUMER);
  const hash = node(['tryLayer.js', '1']).trim();
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(node(['tryLayer.js', '2']).trim()).toBe(hash);
});

test('the types hold in a strict project that checks its libraries and has no DOM', () => {
  writeFileSync(join(consumer, 'typed.ts'), TYPED_CONSUMER);
  const strict = ['--strict', '--noEmit', '--skipLibCheck', 'false', '--exactOptionalPropertyTypes'];
  const place = ['--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024', '--types', 'node'];
  link(join(ROOT, 'node_modules/@types/node'), join(consumer, 'node_modules/@types/node'));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const run = (): string => node([tsc, ...strict, ...place, 'typed.ts']);
  expect(run).not.toThrow();
});

test('the command runs from its package', () => {
  const { manifest, path } = packageOf('cli');
  expect(Object.keys(manifest.bin ?? {})).toEqual(['lockstep']);
  const main = join(path, manifest.bin!['lockstep']);
  expect(readFileSync(main, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  expect(node([main, '--version']).trim()).toBe(manifest.version);
  expect(node([main, '--help'])).toContain('lockstep');
});
