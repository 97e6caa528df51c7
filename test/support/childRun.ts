import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ChildEvent, ChildEventName, ChildResult, ChildRunOptions } from './childRunOptions.ts';

const PROGRAM = fileURLToPath(new URL('childRunProgram.ts', import.meta.url));

/** A training run in a process of its own, which tells what happens in it and can be killed, stopped and terminated. */
export class ChildRun {
  readonly events: ChildEvent[] = [];
  /** How the process ended, after its last event. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly #child: ChildProcess;
  readonly #title: string;
  #errors = '';
  #onEvent: () => void = () => undefined;

  constructor(options: ChildRunOptions) {
    this.#title = JSON.stringify(options);
    this.#child = spawn(process.execPath, ['--expose-gc', '--conditions=lockstep-source', PROGRAM, this.#title], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    createInterface(this.#child.stdout!).on('line', (line) => {
      this.events.push(JSON.parse(line) as ChildEvent);
      this.#onEvent();
    });
    this.ended = new Promise((resolve) => {
      // `close` comes when all that the process has printed is read.
      this.#child.once('close', (code, signal) => {
        resolve({ code, signal });
        this.#onEvent();
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  has(event: ChildEventName): boolean {
    return this.events.some((one) => one.event === event);
  }

  /** Waits for the `count`th event of this name; false when the process ends before it comes. */
  async reached(event: ChildEventName, count = 1): Promise<boolean> {
    let over = false;
    void this.ended.then(() => {
      over = true;
      this.#onEvent();
    });
    for (;;) {
      if (this.events.filter((one) => one.event === event).length >= count) return true;
      if (over) return false;
      await new Promise<void>((resolve) => {
        this.#onEvent = resolve;
      });
    }
  }

  /** The run's result; throws when it has none. */
  async result(): Promise<ChildResult> {
    const { code, signal } = await this.ended;
    const result = this.events.at(-1)?.result;
    if (result !== undefined) return result;
    const last = JSON.stringify(this.events.slice(-3));
    throw new Error(`no result from ${this.#title}\n${code ?? signal}, after ${last}\n${this.#errors}`);
  }

  /** Whether the system says that the process is stopped (by SIGSTOP). */
  isStopped(): boolean {
    // pid (name) state …
    return /\) T /.test(readFileSync(`/proc/${this.pid}/stat`, 'utf8'));
  }
}

/** Runs to the end; the run's result. */
export function runToEnd(options: ChildRunOptions): Promise<ChildResult> {
  return new ChildRun(options).result();
}
