import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { dense } from '@lockstep/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Manifest, readManifest, ROOT } from './tools/packPackages.ts';

const FOLDERS = ['packages', 'examples', 'bench', 'test', 'docs', 'preflight'];
const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'LICENSE'];
const SETTINGS = ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml', 'tsconfig.base.json', 'vitest.config.ts'];

/** What working leaves behind; .gitignore names it too. */
const LEFT_BEHIND = /^\.|^node_modules$|^runs$|^coverage$|\.cpuprofile$|\.tgz$/;

test('the top level is short', () => {
  const visible = readdirSync(ROOT).filter((name) => !LEFT_BEHIND.test(name));
  expect(visible.toSorted()).toEqual([...FOLDERS, ...DOCUMENTS, ...SETTINGS].toSorted());
});

describe('every package.json', () => {
  const published = readdirSync(join(ROOT, 'packages'))
    .map((name) => join('packages', name))
    .filter((folder) => existsSync(join(ROOT, folder, 'package.json')));
  const manifests: readonly (readonly [string, Manifest])[] = ['.', ...published, 'examples', 'bench', 'test'].map(
    (folder) => [folder, readManifest(join(ROOT, folder))] as const,
  );

  test('states its licence, the Node it needs and that it holds ES modules', () => {
    for (const [folder, { license, type, engines }] of manifests) {
      expect([folder, license, type, engines?.node]).toEqual([folder, 'MIT', 'module', '>=22.18']);
    }
  });

  test('is private unless it is a package, and packages have one version', () => {
    for (const [folder, manifest] of manifests)
      expect(manifest.private, folder).toBe(folder.startsWith('packages') ? undefined : true);
    const versions = manifests.filter(([folder]) => folder.startsWith('packages')).map(([, { version }]) => version);
    expect(new Set(versions).size).toBe(1);
  });

  test('pins what it depends on', () => {
    for (const [folder, { dependencies = {} }] of manifests) {
      for (const [name, version] of Object.entries(dependencies)) {
        expect(version, `${folder}: ${name}`).toMatch(
          name.startsWith('@lockstep/') || name === 'lockstep' ? /^workspace:\*$/ : /^\d+\.\d+\.\d+$/,
        );
      }
    }
  });
});

test('tests run the sources, not what was built before', () => {
  expect(createRequire(import.meta.url).resolve('@lockstep/core')).toBe(join(ROOT, 'packages/core/src/index.ts'));
  let failure: unknown;
  try {
    dense(-1);
  } catch (error) {
    failure = error;
  }
  expect((failure as Error).stack).toContain('packages/core/src/model/layers.ts');
});

describe('preflight', () => {
  const check = join(ROOT, 'preflight/check.mjs');
  const pretend = `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.20.2'}})`;

  test('passes in a workspace that is installed', () => {
    expect(spawnSync(process.execPath, [check]).status).toBe(0);
  });

  test('names the version of an old Node, and what to do', () => {
    const { status, stderr } = spawnSync(process.execPath, ['--import', pretend, check], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toContain('needs Node 22.18 or newer');
    expect(stderr).toContain('npx -y pnpm@12 install');
  });

  test('says that nothing is installed', () => {
    const empty = mkdtempSync(join(tmpdir(), 'lockstep-preflight-'));
    cpSync(join(ROOT, 'preflight'), join(empty, 'preflight'), { recursive: true });
    const { status, stderr } = spawnSync(process.execPath, [join(empty, 'preflight/check.mjs')], { encoding: 'utf8' });
    rmSync(empty, { recursive: true });
    expect(status).toBe(1);
    expect(stderr).toContain('are not installed');
  });
});

describe('lint keeps imports going down', () => {
  let copy: string;

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'lockstep-lint-'));
    cpSync(join(ROOT, '.oxlintrc.json'), join(copy, '.oxlintrc.json'));
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  /** The rules that lint names when these files are all there is. */
  function lint(files: Readonly<Record<string, string>>): string[] {
    for (const folder of ['packages', 'examples']) rmSync(join(copy, folder), { recursive: true, force: true });
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(copy, dirname(path)), { recursive: true });
      writeFileSync(join(copy, path), text);
    }
    const oxlint = join(ROOT, 'node_modules/oxlint/bin/oxlint');
    const { stdout } = spawnSync(process.execPath, [oxlint, '--format', 'json'], { cwd: copy, encoding: 'utf8' });
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string }[] };
    return [...new Set(diagnostics.map(({ code }) => code))];
  }

  // Folder by folder: one import that goes up.
  test.each([
    ['packages/kernels/src', '@lockstep/core'],
    ['packages/core/src/random', '../model/spec.ts'],
    ['packages/core/src/files', '../model/spec.ts'],
    ['packages/core/src/checkpoint', '../runtime/arena.ts'],
    ['packages/core/src/checkpoint', '../train/fit.ts'],
    ['packages/core/src/runtime', '../checkpoint/store.ts'],
    ['packages/core/src/model', '../data/dataset.ts'],
    ['packages/core/src/model', '../train/fit.ts'],
    ['packages/core/src/model', '@lockstep/kernels'],
    ['packages/core/src/data', '../ops/layer.ts'],
    ['packages/core/src/ops', '../optim/adam.ts'],
    ['packages/core/src/optim', '../plan/plan.ts'],
    ['packages/core/src/ops', '../metrics/metric.ts'],
    ['packages/core/src/metrics', '../plan/plan.ts'],
    ['packages/core/src/plan', '../runtime/pool.ts'],
    ['packages/core/src/runtime', '../train/fit.ts'],
    ['packages/core/src/runtime', '../index.ts'],
    ['packages/core/src/train', '@lockstep/arrow'],
    ['packages/core/src/train', '../index.ts'],
    ['packages/arrow/src/format', '../layout/layout.ts'],
    ['packages/arrow/src/layout', '../source/read.ts'],
    ['packages/arrow/src/source', '../convert/idx.ts'],
    ['packages/arrow/src', '@lockstep/kernels'],
    ['packages/arrow/src', 'lockstep'],
    ['examples/digits', '../../packages/core/src/index.ts'],
  ])('%s may not import %s', (folder, imported) => {
    expect(lint({ [`${folder}/wrong.ts`]: `export { one } from '${imported}';\n` })).toEqual([
      'eslint(no-restricted-imports)',
    ]);
  });

  test('and what goes down passes', () => {
    const lines = ['../plan/plan.ts', '../runtime/pool.ts', '@lockstep/kernels', '../errors.ts'];
    const text = lines.map((line, index) => `export { name${index} } from '${line}';\n`).join('');
    expect(lint({ 'packages/core/src/train/right.ts': text })).toEqual([]);
  });

  test('a cycle is refused, of types too', () => {
    const found = lint({
      'packages/core/src/plan/one.ts': `import type { Two } from './two.ts';\nexport type One = Two | 1;\n`,
      'packages/core/src/plan/two.ts': `import type { One } from './one.ts';\nexport type Two = One | 2;\n`,
    });
    expect(found).toEqual(['import(no-cycle)']);
  });
});

test('nothing that is ignored or built is committed', ({ skip }) => {
  const args = ['-c', 'safe.directory=*', 'ls-files', '--cached', '--ignored', '--exclude-standard'];
  const git = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  skip(git.error !== undefined || !existsSync(join(ROOT, '.git')), 'There is no git, or no history.');
  expect([git.stdout, git.stderr, git.status]).toEqual(['', '', 0]);
});
