import { fileURLToPath } from 'node:url';
import type { CallFrame } from './cpuProfile.ts';
import type { Lane } from './lanes.ts';

/** A frame as 0x writes it and clinic flame reads it: a function with its place, or one of another `type`. */
export interface TickFrame {
  readonly name: string;
  readonly type: 'JS' | 'WASM' | 'CPP';
}

/** A stack, outermost frame first, that stands for one unit of time: clinic only counts. */
export type Tick = readonly TickFrame[];

/** Node's default sampling interval. */
const TICK_MICROSECONDS = 1000;

/** Where a lane without a task is said to be: clinic counts files without a folder as Node's. */
const NO_TASK: CallFrame = { functionName: '', url: 'node:thread', lineNumber: 0, columnNumber: 0 };

/**
 * The ticks of all threads, side by side: the outermost frame of each is its lane. A lane is as wide as the time in which
 * its thread was in JavaScript or WebAssembly, waits on Atomics included; an event loop with nothing to do has no stack.
 */
export function flameTicks(lanes: readonly Lane[]): Tick[] {
  return lanes.flatMap(({ name, task, samples }) => {
    // clinic hides what is in `.ts`, and a hidden lane would leave its stacks without a name.
    const place = task?.url.endsWith('.js') === true ? task : NO_TASK;
    const lane = tickFrame({ ...place, functionName: name });
    const ticks: Tick[] = [];
    // Samples are not equally far apart: what is left of one tick counts for the next, so that widths are times.
    let owed = 0;
    for (const { stack, microseconds } of samples) {
      if (stack.at(-1)?.functionName === '(idle)') continue;
      owed += microseconds;
      const tick = [lane, ...withoutInternals(stack).map(tickFrame)];
      for (; owed >= TICK_MICROSECONDS; owed -= TICK_MICROSECONDS) ticks.push(tick);
    }
    return ticks;
  });
}

/** Keeps the outermost of Node's own frames in a row: while modules load, forty of them stand on one another. */
function withoutInternals(stack: readonly CallFrame[]): CallFrame[] {
  return stack.filter((frame, index) => !isInternal(frame) || index === 0 || !isInternal(stack[index - 1]));
}

function isInternal({ url }: CallFrame): boolean {
  return url.startsWith('node:');
}

function tickFrame({ functionName, url, lineNumber, columnNumber }: CallFrame): TickFrame {
  // clinic stops at a name that it cannot read: words after the first may hold letters only.
  const words = functionName === '' ? '(anonymous)' : functionName;
  const name = /^\S+(?: [a-zA-Z]+)*$/.test(words) ? words : words.replace(/\s+/g, '_');
  // The file of an AssemblyScript function comes behind its name, for narrow frames cut the end off.
  if (url.startsWith('wasm:')) return { name: name.replace(/^(.+)\/([^/]+)$/, '$2 ($1)'), type: 'WASM' };
  if (url === '') return { name, type: 'CPP' };
  const file = url.startsWith('file:') ? fileURLToPath(url) : url;
  return { name: `${name} ${file}:${lineNumber + 1}:${columnNumber + 1}`, type: 'JS' };
}
