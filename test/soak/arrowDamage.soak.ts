/** 10,000 damaged Arrow files of every kind: each gives rows, or an error that tells where, within its time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, expect, test } from 'vitest';
import { damagedArrow } from '../support/damagedArrow.ts';
import type { DamageOutcome } from '../support/damagedArrowThread.ts';
import { countInSummary, soakSeed, soakSize } from '../support/soak.ts';

const CASES = soakSize('ARROW', 10_000);
/** Of one file of 40 KiB, on a busy machine. */
const MOST_MILLISECONDS = 10_000;

const folder = mkdtempSync(join(tmpdir(), 'lockstep-arrow-damage-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** In a thread, so that one that spins can be ended and named. */
function outcomesOf(first: number, count: number, onOutcome: (outcome: DamageOutcome) => void): Promise<void> {
  const task = { path: join(folder, 'damaged.arrow'), first, count };
  const thread = new Worker(new URL('../support/damagedArrowThread.ts', import.meta.url), { workerData: task });
  return new Promise((resolve, reject) => {
    let next = first;
    const startTimer = (): NodeJS.Timeout =>
      setTimeout(() => {
        void thread.terminate();
        reject(new Error(`case ${next} took more than ${MOST_MILLISECONDS} ms`));
      }, MOST_MILLISECONDS);
    let timer = startTimer();
    thread.on('message', (outcome: DamageOutcome) => {
      clearTimeout(timer);
      next = outcome.number + 1;
      onOutcome(outcome);
      timer = startTimer();
    });
    thread.on('error', reject);
    thread.on('exit', () => {
      clearTimeout(timer);
      if (next === first + count) resolve();
      else reject(new Error(`the thread ended in case ${next}`));
    });
  });
}

test(
  `${CASES} damaged Arrow files`,
  async () => {
    const counts: Record<string, number> = {};
    const problems: string[] = [];
    await outcomesOf(soakSeed() * 1_000_000, CASES, ({ number, outcome, problem }) => {
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      if (problem === undefined) return;
      const { source, damage } = damagedArrow(number);
      problems.push(`case ${number}, ${source}, ${damage}: ${problem}`);
    });
    countInSummary('Damaged Arrow files', counts);
    expect(problems).toEqual([]);
    expect(counts['rows']).toBeGreaterThan(CASES / 20);
    expect(counts['FILE_INVALID']).toBeGreaterThan(CASES / 10);
  },
  60_000 + CASES * 100,
);
