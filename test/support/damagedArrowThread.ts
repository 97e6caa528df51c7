/** Reads damaged Arrow files one after the other, and tells after each what came of it; told by workerData where to begin. */
import { writeFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { arrowDataset, describeArrowFile } from '@lockstep/arrow';
import { LockstepError } from '@lockstep/core';
import { damagedArrow } from './damagedArrow.ts';
import { readDataset } from './readDataset.ts';

export interface DamageTask {
  readonly path: string;
  readonly first: number;
  readonly count: number;
}

export interface DamageOutcome {
  readonly number: number;
  /** 'rows', or the code of an error; anything that is no LockstepError is told by `problem`. */
  readonly outcome: string;
  readonly problem?: string;
}

const { path, first, count } = workerData as DamageTask;
for (let number = first; number < first + count; number++) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort!.postMessage(await outcomeOf(number));
}

async function outcomeOf(number: number): Promise<DamageOutcome> {
  const { bytes, options } = damagedArrow(number);
  writeFileSync(path, bytes);
  try {
    const dataset = await arrowDataset(path, options);
    await readDataset(dataset);
    await describeArrowFile(path);
    return { number, outcome: 'rows' };
  } catch (error) {
    if (!(error instanceof LockstepError)) return { number, outcome: 'other', problem: String((error as Error).stack) };
    const { code, place, expected, received, advice, message } = error;
    const isTold = place.includes(path) && [expected, received, advice].every((text) => text !== '');
    // Nothing has changed the file since it was opened.
    const isWrong = code === 'FILE_CHANGED' || !isTold || message.length > 2000;
    return { number, outcome: code, ...(isWrong ? { problem: message.slice(0, 2000) } : {}) };
  }
}
