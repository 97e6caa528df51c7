import { EXIT_CODES, type StopSignal } from '../exitCodes.ts';
import { notice } from './notices.ts';

/** Turns the first SIGINT or SIGTERM into an AbortSignal; a second one ends the process at once. */
export class Interruption {
  readonly #controller: AbortController = new AbortController();
  readonly #listener: (signal: StopSignal) => void;
  #received: StopSignal | null = null;
  #endsAtOnce: string | null = null;

  constructor() {
    this.#listener = (signal) => {
      if (this.#endsAtOnce !== null) notice(`${signal}: ${this.#endsAtOnce}`);
      if (this.#received !== null || this.#endsAtOnce !== null) process.exit(EXIT_CODES[signal]);
      this.#received = signal;
      // The terminal has shown ^C at the end of the line of progress.
      if (process.stderr.isTTY) process.stderr.write('\n');
      notice(`${signal}: stopping after this step (again: stop at once)`);
      this.#controller.abort(new Error(`stopped by ${signal}`));
    };
    for (const signal of Object.keys(EXIT_CODES)) process.on(signal, this.#listener);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The signal that came, or null. */
  get received(): StopSignal | null {
    return this.#received;
  }

  get exitCode(): number {
    return this.#received === null ? 0 : EXIT_CODES[this.#received];
  }

  /** From here on the first signal ends the process, with this line: there is nothing left to bring to an end. */
  endAtOnce(line: string): void {
    this.#endsAtOnce = line;
  }

  /** Gives the signals their usual effect again. */
  close(): void {
    for (const signal of Object.keys(EXIT_CODES)) process.off(signal, this.#listener);
  }
}
