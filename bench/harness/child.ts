import { type ChildProcess, spawn } from 'node:child_process';
import { atExit } from './atExit.ts';

/** One measurement: a program, its arguments and what it adds to the environment. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A measurement that did not come about is a result too: a table names it and its reason. */
export interface Failure {
  readonly kind: 'absent' | 'failed' | 'timed out';
  readonly reason: string;
}

export type Outcome<Value> =
  | { readonly value: Value; readonly failure: null; readonly wallMs: number }
  | { readonly value: null; readonly failure: Failure; readonly wallMs: number };

/** A program that lacks what it measures prints this instead of an answer. */
export interface Absence {
  readonly absent: string;
}

/**
 * Runs a program and reads the JSON on the last line that it prints. `check` turns it into an answer or throws. Nothing
 * that the program does makes this reject: it may be missing, fail, print something else, or run past `limitMs`, and is
 * then ended together with the processes it has started.
 */
export async function measureInChild<Value>(
  command: Command,
  limitMs: number,
  check: (answer: unknown) => Value,
): Promise<Outcome<Value>> {
  const begin = performance.now();
  const ended = await runToEnd(command, limitMs);
  const wallMs = performance.now() - begin;
  const fail = (kind: Failure['kind'], reason: string): Outcome<Value> => ({
    value: null,
    failure: { kind, reason },
    wallMs,
  });
  if (ended.missing) return fail('absent', `there is no program ${command.file}`);
  if (ended.timedOut) return fail('timed out', `no answer within ${limitMs / 1000} s`);
  if (ended.status !== 0) return fail('failed', `exit ${ended.status}: ${errorLine(ended.stderr)}`);
  const line = lastLine(ended.stdout);
  let answer: unknown;
  try {
    answer = JSON.parse(line);
  } catch {
    return fail('failed', `expected JSON, printed ${line === '' ? 'nothing' : JSON.stringify(line.slice(0, 80))}`);
  }
  if (isAbsence(answer)) return fail('absent', answer.absent);
  try {
    return { value: check(answer), failure: null, wallMs };
  } catch (error) {
    return fail('failed', error instanceof Error ? error.message : String(error));
  }
}

function isAbsence(answer: unknown): answer is Absence {
  return typeof answer === 'object' && answer !== null && 'absent' in answer && typeof answer.absent === 'string';
}

interface Ended {
  readonly missing: boolean;
  readonly timedOut: boolean;
  /** Exit code, or the name of the signal that ended it. */
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

function runToEnd({ file, args, env }: Command, limitMs: number): Promise<Ended> {
  return new Promise((resolve) => {
    // A group of its own, so that what it starts can be ended with it.
    const child = spawn(file, args, {
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    let timedOut = false;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    }
    const timer = setTimeout(() => {
      timedOut = true;
      endGroup(child);
    }, limitMs);
    const cancel = atExit(() => endGroup(child));
    const settle = (missing: boolean, status: number | string): void => {
      clearTimeout(timer);
      cancel();
      resolve({ missing, timedOut, status, ...output });
    };
    child.once('error', () => settle(true, 'not started'));
    child.once('close', (code, signal) => settle(false, code ?? signal ?? 'ended'));
  });
}

function endGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended in the meantime.
  }
}

/** The line that names the error: node and Python end their reports with others. */
function errorLine(stderr: string): string {
  const line = stderr.split('\n').findLast((text) => /^(Uncaught )?\w*(Error|Exception|Warning)\b/.test(text));
  return line ?? (lastLine(stderr) || 'no message');
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}
