import type { StepAnswer } from './protocol.ts';

/** Stretches that a budget is cut into: short ones, because the speed of a busy machine changes within a second. */
const STRETCHES = 12;
/** Share of the budget for warming up. */
const WARM_UP = 0.25;

/** A first step that takes longer is the only one. */
const HOPELESS_MS = 5000;

/**
 * Times `run(steps)` for about `budgetMs`, warm-up included. The first step, in which much may be compiled, does not
 * count, unless it takes so long that a second one would be too much: the table then says `1 step`.
 */
export async function timeSteps(
  budgetMs: number,
  run: (steps: number) => Promise<void>,
): Promise<Pick<StepAnswer, 'microseconds' | 'steps'>> {
  const first = await timed(run, 1);
  if (first > HOPELESS_MS) return { microseconds: [first * 1e3], steps: 1 };
  const begin = performance.now();
  let last = await timed(run, 1);
  let steps = 1;
  // Longer and longer stretches: what is compiled on the way is compiled before anything is timed.
  while (performance.now() - begin < budgetMs * WARM_UP) {
    steps = last < 1 ? steps * 2 : steps;
    last = await timed(run, steps);
  }
  steps = Math.max(1, Math.round((budgetMs * (1 - WARM_UP)) / STRETCHES / (last / steps)));
  const microseconds: number[] = [];
  do {
    microseconds.push(((await timed(run, steps)) / steps) * 1e3);
  } while (performance.now() - begin < budgetMs);
  return { microseconds, steps: steps * microseconds.length };
}

async function timed(run: (steps: number) => Promise<void>, steps: number): Promise<number> {
  const begin = performance.now();
  await run(steps);
  return performance.now() - begin;
}
