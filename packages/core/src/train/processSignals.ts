/** What asks a process to end, from a terminal or a job queue. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
type StopSignal = (typeof SIGNALS)[number];

/**
 * Turns the first SIGINT or SIGTERM into an AbortSignal, for as long as a run goes on. From then on signals have their usual
 * effect again, so a second one ends the process at once; and when the run has come to its end, `close` sends the first one
 * again, which now ends the process as it would have done (exit codes 130 and 143 in a shell).
 */
export class ProcessSignals {
  readonly #controller: AbortController = new AbortController();
  readonly #listener: (signal: StopSignal) => void;
  #received: StopSignal | null = null;

  constructor() {
    this.#listener = (signal) => {
      this.#received = signal;
      this.#stopListening();
      process.stderr.write(`\n${signal}: stopping after this step, with a checkpoint (again: stop at once)\n`);
      this.#controller.abort(new Error(`stopped by ${signal}`));
    };
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Does not return when a signal has come. */
  close(): void {
    this.#stopListening();
    if (this.#received !== null) process.kill(process.pid, this.#received);
  }

  #stopListening(): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }
}
