/**
 * Trains over generated data larger than memory, in processes of their own, and prints what each size takes:
 *   node --conditions=lockstep-source test/tools/trainLarge.ts --gib 1,20 --window-mib 64 --workers 2 --folder /tmp
 * The peak of memory, the time and the rate of training in shuffled order; sizes have as many epochs as it takes for all to train
 * for about as many steps, as the heaps of threads grow for some seconds whatever the data; then, of a run that was stopped at a random step, the time from
 * `fit` with `resume` to the end of its first step. Without --window-mib, windows are those of the default. Files are removed after.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runLarge, writeLargeData } from '../support/largeData.ts';

const { values } = parseArgs({
  options: {
    gib: { type: 'string', default: '1,20' },
    'window-mib': { type: 'string' },
    workers: { type: 'string', default: '2' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const MIB = 2 ** 20;
const workers = Number(values.workers);
const windows = values['window-mib'] === undefined ? {} : { windowBytes: Number(values['window-mib']) * MIB };
const sizes = values.gib.split(',').map(Number);
if (sizes.some((size) => !(size > 0))) throw new Error('--gib takes sizes such as 1,20');
const print = (text: string): void => void process.stdout.write(`${text}\n`);

const folder = mkdtempSync(join(values.folder, 'lockstep-large-'));
const peaks: number[] = [];
try {
  for (const size of sizes) {
    const path = join(folder, 'large.arrow');
    const begin = performance.now();
    const rows = await writeLargeData(path, size * 2 ** 30);
    const { size: bytes } = statSync(path);
    print(`${size} GiB: ${rows} rows, ${bytes} bytes, written in ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    const epochs = Math.max(1, Math.round(Math.max(...sizes) / size));
    const epoch = await runLarge({ path, workers, epochs, ...windows });
    const rate = ((epochs * bytes) / epoch.seconds / 1e9).toFixed(2);
    print(
      `  ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}, ${epoch.steps} steps: ${epoch.seconds.toFixed(1)} s, ${rate} GB/s, opened in ${epoch.openSeconds.toFixed(3)} s`,
    );
    print(`  peak memory: ${(epoch.peakBytes / MIB).toFixed(1)} MiB, weights ${epoch.weightsHash}`);
    peaks.push(epoch.peakBytes);
    // oxlint-disable-next-line no-restricted-properties -- Which step, is chance; nothing is computed from it.
    const step = 1 + Math.floor(Math.random() * (epoch.steps - 1));
    const directory = join(folder, 'run');
    await runLarge({ path, workers, epochs, ...windows, directory, maxSteps: step });
    const resumed = await runLarge({ path, workers, epochs, ...windows, directory, resume: true });
    const isSame = resumed.weightsHash === epoch.weightsHash;
    print(
      `  resumed at step ${step}: first step after ${resumed.firstStepSeconds!.toFixed(3)} s, ${isSame ? 'the same weights' : 'OTHER WEIGHTS'}`,
    );
    if (!isSame) process.exitCode = 1;
    rmSync(directory, { recursive: true });
    rmSync(path);
  }
  const growth = (100 * (peaks.at(-1)! / peaks[0] - 1)).toFixed(1);
  print(`peak memory from ${sizes[0]} to ${sizes.at(-1)!} GiB: ${growth} %`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
