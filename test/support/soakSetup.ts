import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Chooses the soak's seed, where none is given, and prints at its end what each part has counted. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-soak-'));
  const summary = join(folder, 'summary');
  const seed = (process.env['LOCKSTEP_SOAK_SEED'] ??= String(1 + (Date.now() % 1_000_000)));
  process.env['LOCKSTEP_SOAK_SUMMARY'] = summary;
  const begin = performance.now();
  console.log(`Soak with LOCKSTEP_SOAK_SEED=${seed}`);
  return () => {
    const text = existsSync(summary) ? readFileSync(summary, 'utf8') : 'No part has counted anything.\n';
    const minutes = ((performance.now() - begin) / 60_000).toFixed(1);
    console.log(`\nCounts of the soak with LOCKSTEP_SOAK_SEED=${seed}, ${minutes} minutes\n${text}`);
    rmSync(folder, { recursive: true });
  };
}
