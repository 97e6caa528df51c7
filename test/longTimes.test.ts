import { expect, test } from 'vitest';
import { breakingDataset, breakingModel, OPTIONS } from './support/breakingRun.ts';
import { checkpointSteps, temporaryFolder } from './support/folder.ts';
import { catchWarnings } from './support/warnings.ts';

/** Node's timers go up to 2^31 - 1 milliseconds, 25 days; one that is longer fires at once. */
const takeWarnings = catchWarnings('LOCKSTEP_IDLE_CORES');

/** Seconds: three years. */
const LONG = 1e8;

test.each([1, 2])('years are a long time: nothing that waits for them happens, %i workers', async (workers) => {
  const directory = temporaryFolder();
  const printed: string[] = [];
  const listen = ({ name }: Error): void => void printed.push(name);
  process.on('warning', listen);
  const history = await breakingModel().fit(breakingDataset('none', 0), {
    ...{ ...OPTIONS, workers, epochs: 40, maxTime: LONG, stepTimeout: LONG },
    checkpoint: { directory, everySeconds: LONG },
  });
  expect(history).toMatchObject({ stoppedBy: 'completion', steps: 200, restarts: [], checkpoints: { written: 1 } });
  expect(checkpointSteps(directory)).toEqual([200]);
  expect(await takeWarnings()).toEqual([]);
  process.off('warning', listen);
  expect(printed).toEqual([]);
});
