/** Ends a conversion at SIGINT or SIGTERM as an error does, so that what it has written is removed. */
import { EXIT_CODES, type StopSignal } from '../exitCodes.ts';

export class Stopping {
  #received: StopSignal | null = null;
  readonly #listener: (signal: StopSignal) => void;

  constructor() {
    this.#listener = (signal) => {
      // A second one ends the process at once, and leaves the folder whose name ends with .tmp.
      if (this.#received !== null) process.exit(EXIT_CODES[signal]);
      this.#received = signal;
    };
    for (const signal of Object.keys(EXIT_CODES)) process.on(signal, this.#listener);
  }

  get received(): StopSignal | null {
    return this.#received;
  }

  get exitCode(): number {
    return this.#received === null ? 0 : EXIT_CODES[this.#received];
  }

  throwIfStopped(): void {
    if (this.#received !== null) throw new Error(`stopped by ${this.#received}`);
  }

  /** Gives the signals their usual effect again. */
  close(): void {
    for (const signal of Object.keys(EXIT_CODES)) process.off(signal, this.#listener);
  }
}
