import type { Piscina } from 'piscina';
import type { Task, TaskResult } from './tasks.ts';
import { threadEnvironment } from './threadEnvironment.ts';

/** Longest wait for threads to leave by themselves before they are terminated. */
const LEAVE_MILLISECONDS = 1000;

/** The threads of one run: piscina starts, watches and ends them; each is given one task. */
export class ThreadPool {
  readonly #pool: Piscina;
  readonly #tasks: Promise<unknown>[] = [];

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
      // A profiler that was preloaded for the main thread must not run again in each of the others.
      ...(env === undefined ? {} : { env }),
    });
    pool.on('error', onError);
    return new ThreadPool(pool);
  }

  async run(task: Task): Promise<TaskResult> {
    const result = this.#pool.run(task) as Promise<TaskResult>;
    this.#tasks.push(result.catch(() => undefined));
    return result;
  }

  /** Waits a moment for the tasks to end, then ends the threads whatever they do. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise((resolve) => {
      timer = setTimeout(resolve, LEAVE_MILLISECONDS);
    });
    await Promise.race([Promise.all(this.#tasks), deadline]);
    clearTimeout(timer);
    await this.#pool.destroy();
  }
}
