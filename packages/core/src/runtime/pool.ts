import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { threadIsGone } from '../data/threadsGone.ts';
import type { Task, TaskResult } from './tasks.ts';
import { threadEnvironment } from './threadEnvironment.ts';

/** Longest wait for threads to leave by themselves before they are terminated. */
const LEAVE_MILLISECONDS = 1000;

/** Longest wait for a thread to be gone once it has been told to: native code, such as a read that blocks, cannot be ended. */
const END_MILLISECONDS = 10_000;

/**
 * Heap of a thread at most, in MiB. What is large lies in shared memory, outside of it; a source that fills its heap loses
 * its thread and not the process.
 */
const HEAP_MEBIBYTES = 1024;

/** The threads of one run: piscina starts, watches and ends them; each is given one task. */
export class ThreadPool {
  readonly #pool: Piscina;
  readonly #tasks: Promise<unknown>[] = [];
  /** All threads that were ever started, by Node's number, and when they are gone. */
  readonly #threads: Map<number, { readonly worker: Worker; readonly gone: Promise<unknown> }> = new Map();
  readonly #ending: Set<Promise<boolean>> = new Set();
  #closed = false;

  private constructor(pool: Piscina) {
    this.#pool = pool;
  }

  /** `onError` hears of a thread that breaks outside its task; a thread that breaks in it rejects the task. */
  static async create(threads: number, onError: (error: unknown) => void): Promise<ThreadPool> {
    // Imported here, so that a program which never uses threads does not pay for it.
    const { Piscina } = await import('piscina');
    const env = threadEnvironment(process.env);
    const pool = new Piscina({
      filename: new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url).href,
      // Threads start with their tasks: one that cannot be started then fails its task, and `close` ends the others.
      minThreads: 0,
      maxThreads: threads,
      // A thread that has nothing more to do stays until `close`, which waits for all to be gone.
      idleTimeout: Infinity,
      concurrentTasksPerWorker: 1,
      // Tasks last for the whole run; a thread between two tasks should sleep on its port, not block on an Atomics wait.
      atomics: 'disabled',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES },
      // A profiler that was preloaded for the main thread must not run again in each of the others.
      ...(env === undefined ? {} : { env }),
    });
    pool.on('error', onError);
    return new ThreadPool(pool);
  }

  async run(task: Task): Promise<TaskResult> {
    // A thread whose task has failed is free for piscina until it is gone, and would take this task with it.
    while (this.#ending.size > 0) await Promise.all(this.#ending);
    if (this.#closed) throw new Error('the pool was closed');
    const result = this.#pool.run(task) as Promise<TaskResult>;
    this.#tasks.push(result.catch(() => undefined));
    for (const worker of this.#pool.threads) {
      const { threadId } = worker;
      if (this.#threads.has(threadId)) continue;
      const exit = once(worker, 'exit').catch(() => undefined);
      this.#threads.set(threadId, { worker, gone: exit.then(() => threadIsGone(threadId)) });
    }
    return result;
  }

  /**
   * Ends a thread whatever it does, and resolves to whether it is gone: only then may another take its place, for until then
   * it may still write.
   */
  async end(id: number): Promise<boolean> {
    const thread = this.#threads.get(id);
    // It never came so far as to say its number, and so has touched nothing.
    if (thread === undefined) return true;
    const isGone = Promise.all([thread.worker.terminate(), thread.gone]).then(() => true);
    const ending = bounded(isGone, END_MILLISECONDS, false);
    this.#ending.add(ending);
    return ending.finally(() => this.#ending.delete(ending));
  }

  /** Waits a moment for the tasks to end, then ends the threads whatever they do. */
  async close(): Promise<void> {
    this.#closed = true;
    await bounded(Promise.all(this.#tasks), LEAVE_MILLISECONDS, []);
    await this.#pool.destroy();
  }
}

/** What the promise resolves to, or `otherwise` when it takes too long. */
async function bounded<Result>(promise: Promise<Result>, milliseconds: number, otherwise: Result): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<Result>((resolve) => {
    timer = setTimeout(resolve, milliseconds, otherwise);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
