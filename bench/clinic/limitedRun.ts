import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { ProfileError } from './profileError.ts';

export interface LimitedRun {
  /** What runs, for people: `clinic doctor`. */
  readonly title: string;
  /** Arguments of this process's Node. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** File that receives what it prints. */
  readonly log: string;
  /** `Date.now()` at which it is ended. */
  readonly deadline: number;
}

/** Lines of the log that a failure shows. */
const SHOWN_LINES = 15;

/** Signals that end this command, and must end what it started. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs Node to its end. Past the deadline, or when this process is interrupted, the program is killed with everything
 * that it has started: clinic starts Node itself, and sometimes hangs. Throws ProfileError then, and for a failure.
 */
export async function runLimited({ title, args, cwd, env, log, deadline }: LimitedRun): Promise<void> {
  const output = openSync(log, 'a');
  // Detached: it leads a process group of its own, which can be killed as one.
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', output, output], detached: true });
  closeSync(output);
  let ended: string | undefined;
  const end = (reason: string): void => {
    ended ??= reason;
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  };
  const onSignal = (signal: NodeJS.Signals): void => end(`was interrupted by ${signal}.`);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const timer = setTimeout(
    () =>
      end(
        'passed the time limit, and was ended with all that it had started.\nFewer --steps or a longer --limit (in seconds) may help.',
      ),
    Math.max(0, deadline - Date.now()),
  );
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    if (ended !== undefined) throw new ProfileError(`${title} ${ended}`);
    if (code !== 0) throw new ProfileError(`${title} failed with exit code ${code}. It printed:\n${lastLines(log)}`);
  } finally {
    clearTimeout(timer);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

function lastLines(log: string): string {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
}
