import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import type { Tick } from './flameTicks.ts';

/**
 * Writes what `clinic flame --visualize-only <folder>` reads; the name of the folder must end in `.clinic-flame`.
 * `appFolder` is where the program's own files are: clinic shows its name, and paths from there.
 */
export function writeFlameDirectory(folder: string, ticks: readonly Tick[], appFolder: string): void {
  if (!folder.endsWith('.clinic-flame')) throw new Error(`${folder}: expected a name that ends in .clinic-flame.`);
  mkdirSync(folder, { recursive: true });
  const write = (part: string, content: unknown): void => {
    writeFileSync(join(folder, `${basename(folder)}-${part}`), JSON.stringify(content));
  };
  write('systeminfo', { mainDirectory: appFolder, pathSeparator: sep, nodeVersions: process.versions });
  write('samples', ticks);
  // A CPU profile does not say what was inlined into what.
  write('inlinedfunctions', {});
}
