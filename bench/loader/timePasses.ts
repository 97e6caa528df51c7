import type { PassesAnswer } from './protocol.ts';

/** Passes that are measured at least, whatever the budget. */
const LEAST = 3;

/** Times `pass` until the budget is used up. The first pass warms up, and does not count. */
export async function timePasses(
  { budgetMs }: { readonly budgetMs: number },
  pass: () => void | Promise<void>,
): Promise<readonly number[]> {
  await pass();
  const milliseconds: number[] = [];
  const end = performance.now() + budgetMs;
  while (milliseconds.length < LEAST || performance.now() < end) {
    const begin = performance.now();
    await pass();
    milliseconds.push(performance.now() - begin);
  }
  return milliseconds;
}

/** The answer of this process. Threads that something keeps would keep the process. */
export function answer(bytes: number, milliseconds: readonly number[], note = ''): never {
  // Kibibytes, on every system.
  const peakRss = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ bytes, milliseconds, peakRss, note } satisfies PassesAnswer));
  process.exit(0);
}
