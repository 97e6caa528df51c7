/**
 * How fast a CSV file of numbers is converted, and in how much memory:
 *
 *   node --conditions=lockstep-source bench/convert/main.ts [megabytes = 200] [repetitions = 3]
 *
 * Writes a file of 32 columns into the system's folder for temporary files, converts it in a process of its own each time, and
 * removes all of it. Processor time is that of all threads: reading, parsing, statistics, SHA-256, writing, garbage collection.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spread } from '../harness/statistics.ts';

const COLUMNS = 32;
const [megabytes = 200, repetitions = 3] = process.argv.slice(2).map(Number);

interface Measured {
  readonly wallSeconds: number;
  readonly processorSeconds: number;
  readonly peakMebibytes: number;
}

/** A quarter each of integers and of numbers with two digits behind the point, half of them with six. Returns its bytes. */
function writeNumbers(path: string, size: number): number {
  const file = openSync(path, 'w');
  let state = 12_345;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const cell = (column: number): string => {
    if (column % 4 === 0) return String(Math.floor(next() * 1000));
    return (next() * 200 - 100).toFixed(column % 4 === 1 ? 2 : 6);
  };
  let written = writeSync(file, `${Array.from({ length: COLUMNS }, (_, i) => `c${i}`).join(',')}\n`);
  while (written < size) {
    const rows = Array.from({ length: 1000 }, () => Array.from({ length: COLUMNS }, (_, i) => cell(i)).join(','));
    written += writeSync(file, `${rows.join('\n')}\n`);
  }
  closeSync(file);
  return written;
}

function convert(input: string, out: string): Measured {
  const program = `
    import { convertCsv } from '@lockstep/arrow';
    const [wall, processor] = [performance.now(), process.cpuUsage()];
    await convertCsv(${JSON.stringify(input)}, ${JSON.stringify(out)});
    const { user, system } = process.cpuUsage(processor);
    console.log(JSON.stringify({
      wallSeconds: (performance.now() - wall) / 1e3,
      processorSeconds: (user + system) / 1e6,
      peakMebibytes: process.resourceUsage().maxRSS / 1024,
    }));`;
  const args = ['--conditions=lockstep-source', '--input-type=module', '--eval', program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: import.meta.dirname });
  if (stdout === '') throw new Error(stderr);
  rmSync(out, { recursive: true });
  return JSON.parse(stdout) as Measured;
}

const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-convert-'));
try {
  const input = join(folder, 'numbers.csv');
  const bytes = writeNumbers(input, megabytes * 1e6);
  const runs = Array.from({ length: repetitions }, () => convert(input, join(folder, 'out')));
  const rate = (seconds: number): string => `${(bytes / 1e6 / seconds).toFixed(1)} MB/s`;
  for (const { wallSeconds, processorSeconds, peakMebibytes } of runs) {
    console.log(
      `${rate(processorSeconds)} of processor time, ${rate(wallSeconds)} of wall time, peak ${peakMebibytes.toFixed(0)} MiB`,
    );
  }
  console.log(`median: ${rate(spread(runs.map((run) => run.processorSeconds)).median)} of processor time`);
} finally {
  rmSync(folder, { recursive: true });
}
