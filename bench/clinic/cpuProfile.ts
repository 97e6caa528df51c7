import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProfileError } from './profileError.ts';

/** A function in a profile. Lines and columns count from 0; native code has no url, and -1 for both. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** The part that is read here of what V8 writes: `Profiler.Profile` of the Chrome DevTools Protocol. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  /** Microseconds, as are `endTime` and `timeDeltas`. */
  readonly startTime: number;
  readonly endTime: number;
  /** The node that ran at each sample. */
  readonly samples: readonly number[];
  /** From the sample before (or `startTime`) to this one. */
  readonly timeDeltas: readonly number[];
}

export interface ThreadProfile {
  /** Node's number: 0 is the main thread. */
  readonly threadId: number;
  readonly profile: CpuProfile;
}

/** One stack and how long it stood there. */
export interface StackTime {
  /** Outermost first, without V8's `(root)`. */
  readonly stack: readonly CallFrame[];
  readonly microseconds: number;
}

/** Profiles that `node --cpu-prof --cpu-prof-dir=folder` wrote, one for each thread, in the order of thread numbers. */
export function readProfiles(folder: string): ThreadProfile[] {
  const profiles = namesIn(folder).flatMap((name) => {
    // CPU.date.time.process.thread.sequence.cpuprofile
    const threadId = /^CPU\.\d+\.\d+\.\d+\.(\d+)\.\d+\.cpuprofile$/.exec(name)?.[1];
    if (threadId === undefined) return [];
    const profile = JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile;
    return [{ threadId: Number(threadId), profile }];
  });
  if (profiles.length === 0) throw new ProfileError(`${folder}: expected files CPU.*.cpuprofile, found none.`);
  return profiles.toSorted((a, b) => a.threadId - b.threadId);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new ProfileError(`${folder} cannot be read: ${(error as Error).message}`);
  }
}

/** Every sample with its stack. A sample stands until the next one, as in DevTools; the last until the end. */
export function stackTimes({ nodes, samples, timeDeltas, startTime, endTime }: CpuProfile): StackTime[] {
  const stacks = stacksByNode(nodes);
  const observed = timeDeltas.reduce((sum, delta) => sum + delta, 0);
  const last = Math.max(0, endTime - startTime - observed);
  return samples.map((id, index) => {
    const stack = stacks.get(id);
    if (stack === undefined) throw new Error(`Sample ${index} names node ${id}, which the profile does not have.`);
    // V8 writes samples in the order of their times but for a few, whose deltas are negative.
    return { stack, microseconds: Math.max(0, timeDeltas[index + 1] ?? last) };
  });
}

function stacksByNode(nodes: CpuProfile['nodes']): Map<number, CallFrame[]> {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const stackOf = (id: number): CallFrame[] => {
    const stack: CallFrame[] = [];
    for (let node: number | undefined = id; node !== undefined; node = parents.get(node)) {
      const frame = frames.get(node);
      if (frame !== undefined && parents.has(node)) stack.unshift(frame);
    }
    return stack;
  };
  return new Map(nodes.map(({ id }) => [id, stackOf(id)]));
}
