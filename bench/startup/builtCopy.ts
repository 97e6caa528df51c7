import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

/** What the measurements need; the compiled files are made anew. */
const COPIED = ['packages', 'examples/digits', 'examples/node_modules', 'bench', 'package.json', 'tsconfig.base.json'];

/**
 * A copy of the workspace whose packages are built as they are published. A copy, because what lies in `dist` here may be
 * older than the sources. Links between the packages are relative and so stay within the copy.
 */
export function makeBuiltCopy(): { root: string; remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), 'lockstep-built-'));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  try {
    const left = new Set(['dist', 'runs', '.cache', 'clinic']);
    const filter = (path: string): boolean => {
      const parts = relative(ROOT, path).split(sep);
      return parts.includes('node_modules') || !left.has(basename(path));
    };
    for (const path of COPIED)
      cpSync(join(ROOT, path), join(root, path), { recursive: true, verbatimSymlinks: true, filter });
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [compiler, '-b', join(root, 'packages/cli/tsconfig.build.json')], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    });
    return { root, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** The folder of this part in the workspace, or in a copy of it. */
export function startupFolder(root: string): string {
  return join(root, relative(ROOT, dirname(fileURLToPath(import.meta.url))));
}
