import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { notice, showWarnings } from './notices.ts';

const isTerminal = process.stderr.isTTY;
let written: string[] = [];

beforeEach(() => {
  written = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.stderr.isTTY = isTerminal;
});

describe('notice', () => {
  it('wipes the line of progress on a terminal', () => {
    process.stderr.isTTY = true;
    notice('worker 1 was replaced');
    expect(written).toEqual(['\r\u001B[2Kworker 1 was replaced\n']);
  });

  it('is a plain line elsewhere', () => {
    process.stderr.isTTY = false;
    notice('worker 1 was replaced');
    expect(written).toEqual(['worker 1 was replaced\n']);
  });
});

describe('showWarnings', () => {
  it("shows Lockstep's warnings shortly, others as Node does, and not what the report tells", () => {
    process.stderr.isTTY = false;
    const before = process.listeners('warning');
    process.on('warning', () => written.push('by Node'));
    try {
      showWarnings();
      const warn = (name: string, code: string | undefined, message: string): boolean =>
        process.emit('warning', Object.assign(new Error(message), { name, code }));
      warn('LockstepWarning', 'LOCKSTEP_IDLE_CORES', 'a core is idle');
      warn('LockstepWarning', 'LOCKSTEP_THREAD_REPLACED', 'told elsewhere');
      warn('ExperimentalWarning', undefined, 'may change');
    } finally {
      process.removeAllListeners('warning');
      for (const listener of before) process.on('warning', listener);
    }
    expect(written).toEqual(['warning: a core is idle\n', `(node:${process.pid}) ExperimentalWarning: may change\n`]);
  });
});
