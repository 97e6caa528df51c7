import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

/** Folders of the published packages, lowest first. */
export const PACKAGES = ['kernels', 'core', 'arrow', 'cli'] as const;
export type PackageFolder = (typeof PACKAGES)[number];

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly type?: string;
  readonly engines?: { readonly node?: string };
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface PackedPackage {
  readonly folder: PackageFolder;
  /** Path of the tarball. */
  readonly tarball: string;
  /** Paths in the tarball, sorted. */
  readonly files: readonly string[];
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Where a package of the workspace finds a dependency, without links. */
export function dependencyFolder(folder: PackageFolder, dependency: string): string {
  return realpathSync(join(ROOT, 'packages', folder, 'node_modules', dependency));
}

/**
 * Builds and packs all packages in a copy below `directory`, so that nothing of the working tree is read half-written
 * or written over. Nothing is downloaded.
 */
export function packPackages(directory: string): PackedPackage[] {
  const copy = join(directory, 'workspace');
  copyWorkspace(copy);
  execFileSync(process.execPath, [tool('typescript'), '-b', 'packages/cli/tsconfig.build.json'], {
    cwd: copy,
    stdio: 'inherit',
  });
  return PACKAGES.map((folder) => {
    const output = pnpm(['pack', '--json', '--pack-destination', directory], join(copy, 'packages', folder));
    const { filename, files } = JSON.parse(output) as { filename: string; files: { path: string }[] };
    return { folder, tarball: join(directory, basename(filename)), files: files.map(({ path }) => path).toSorted() };
  });
}

/** Unpacks a tarball as npm would. */
export function unpack(tarball: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', folder]);
}

/** A link to a folder, with the folders above it. */
export function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, 'dir');
}

function copyWorkspace(copy: string): void {
  for (const name of ['package.json', 'pnpm-workspace.yaml', 'tsconfig.base.json', 'LICENSE', 'packages']) {
    cpSync(join(ROOT, name), join(copy, name), {
      recursive: true,
      filter: (path) => !path.includes(`${sep}node_modules`) && basename(path) !== 'dist',
    });
  }
  link(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const folderOf = new Map(PACKAGES.map((folder) => [readManifest(join(copy, 'packages', folder)).name, folder]));
  for (const folder of PACKAGES) {
    // All of them: the build reads types of what users may leave out, too.
    const { dependencies, devDependencies, peerDependencies } = readManifest(join(copy, 'packages', folder));
    for (const name of Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })) {
      const sibling = folderOf.get(name);
      const target = sibling ? join(copy, 'packages', sibling) : dependencyFolder(folder, name);
      link(target, join(copy, 'packages', folder, 'node_modules', name));
    }
  }
}

/** The script behind a command of the workspace root. */
function tool(name: 'typescript'): string {
  return join(ROOT, 'node_modules', name, 'bin', 'tsc');
}

/** The pnpm that runs this script, or npx's. */
function pnpm(args: readonly string[], cwd: string): string {
  const own = process.env['npm_execpath'] ?? '';
  const found = basename(own).startsWith('pnpm') && existsSync(own);
  const [command, ...first] = found ? [own] : ['npx', '-y', 'pnpm@12'];
  return execFileSync(command, [...first, ...args], { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 });
}
