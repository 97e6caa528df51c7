import { setImmediate } from 'node:timers/promises';

/** Longest stretch of work on the caller's thread, in milliseconds: a 10 ms timer still fires on time. */
const STRETCH_MILLISECONDS = 4;

/** Lets the event loop run now and then while work is done on the caller's thread. */
export class Breather {
  #since: number = performance.now();

  due(): boolean {
    return performance.now() - this.#since > STRETCH_MILLISECONDS;
  }

  async breathe(): Promise<void> {
    await setImmediate();
    this.#since = performance.now();
  }
}
