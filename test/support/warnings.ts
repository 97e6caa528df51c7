import { setImmediate } from 'node:timers/promises';
import { afterEach, expect } from 'vitest';

/** A warning of the process, as Node's `emitWarning` makes it. */
export interface CaughtWarning {
  readonly code: string;
  readonly message: string;
  readonly detail: string | undefined;
}

/**
 * From now on, warnings of Lockstep are caught instead of printed; all others are printed as ever. A test file calls this once.
 * Every test takes what it expects from the function returned, which also forgets it; what is left after a test fails it.
 * `ignored`: codes of no interest.
 */
export function catchWarnings(...ignored: readonly string[]): () => Promise<readonly CaughtWarning[]> {
  const printers = process.listeners('warning');
  process.removeAllListeners('warning');
  let caught: CaughtWarning[] = [];
  process.on('warning', (warning: Error & { code?: string; detail?: string }) => {
    const { code = '', message, detail } = warning;
    if (warning.name !== 'LockstepWarning') for (const print of printers) print(warning);
    else if (!ignored.includes(code)) caught.push({ code, message, detail });
  });
  const take = async (): Promise<readonly CaughtWarning[]> => {
    // Node emits warnings in the next tick.
    await setImmediate();
    const taken = caught;
    caught = [];
    return taken;
  };
  afterEach(async () => expect(await take(), 'warnings that the test did not expect').toEqual([]));
  return take;
}
