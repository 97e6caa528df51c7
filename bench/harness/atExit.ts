import { constants } from 'node:os';

/** Signals that end a process which does not listen to them. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const actions: (() => void)[] = [];

/**
 * Does `action` when this process ends, also when it is told to by a signal; not when it is killed. The latest comes first:
 * a process that writes into a folder is ended before the folder is removed. Returns what takes the action back.
 */
export function atExit(action: () => void): () => void {
  if (actions.length === 0) {
    process.on('exit', runAll);
    for (const signal of SIGNALS) process.on(signal, end);
  }
  actions.push(action);
  return () => {
    actions.splice(actions.indexOf(action), 1);
    if (actions.length > 0) return;
    process.off('exit', runAll);
    for (const signal of SIGNALS) process.off(signal, end);
  };
}

function runAll(): void {
  for (const action of actions.toReversed()) action();
}

function end(signal: NodeJS.Signals): void {
  process.exit(128 + constants.signals[signal]);
}
