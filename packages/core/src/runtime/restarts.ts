import { LockstepError } from '../errors.ts';
import { inStep } from './customErrors.ts';
import { comesAgain, threadBroke } from './stepErrors.ts';

/** A thread that broke and was replaced. */
export interface ThreadRestart {
  /** `worker 1`, `loader`, `reader 1`. */
  readonly thread: string;
  /** Where it was, e.g. `step 14, compute phase, rows 128–255 (shard 0)`. */
  readonly place: string;
  /** What ended it. */
  readonly cause: string;
  /** From the moment that its end was noticed until the next step was completed. */
  readonly seconds: number;
}

/** Where a thread is. */
export interface ThreadPlace {
  /** Number of the step in the sequence, which does not wrap; and its name, see `stepName`. */
  readonly step: number;
  readonly name: string;
  /** The name, and what the thread does in it. */
  readonly place: string;
}

export interface RestartPolicy {
  /** Threads replaced in a run at most. */
  readonly most: number;
  /** Told when the next step has been completed. */
  readonly onRestart: (restart: ThreadRestart) => void;
}

/** Decides whether a failure ends the run, and keeps count. The same for both drivers. */
export class Restarts {
  readonly #policy: RestartPolicy;
  #open: { readonly restart: Omit<ThreadRestart, 'seconds'>; readonly step: number; readonly since: number }[] = [];
  #count = 0;

  constructor(policy: RestartPolicy) {
    this.#policy = policy;
  }

  /**
   * Notes that the thread is about to be replaced, or throws the error that ends the run: what Lockstep raised on purpose,
   * and what came once too often. `step`: number in the sequence, and `name`, which `place` begins with.
   */
  note(thread: string, { step, name, place }: ThreadPlace, error: unknown): void {
    if (comesAgain(error)) throw inStep(error, name);
    if (this.#count === this.#policy.most) {
      throw error instanceof LockstepError ? error : threadBroke(thread, name, error, this.#count);
    }
    this.#count++;
    const cause = error instanceof Error ? error.message : String(error);
    this.#open.push({ restart: { thread, place, cause }, step, since: performance.now() });
  }

  /** Whether a replaced thread's step has yet to be completed. */
  get recovering(): boolean {
    return this.#open.length > 0;
  }

  /** Tells of those whose step is among the `completed` ones; at the end of a run, of all. */
  report(completed: number): void {
    const now = performance.now();
    const [over, open] = [
      this.#open.filter(({ step }) => step < completed),
      this.#open.filter(({ step }) => step >= completed),
    ];
    this.#open = open;
    for (const { restart, since } of over) this.#policy.onRestart({ ...restart, seconds: (now - since) / 1000 });
  }
}
