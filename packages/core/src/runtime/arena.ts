import { createHash } from 'node:crypto';
import { createSharedMemory, PAGE_BYTES, type SharedMemory } from '@lockstep/kernels/thread';
import { LockstepError } from '../errors.ts';
import { formatBytes } from '../formatNumbers.ts';
import type { Plan } from '../plan/plan.ts';
import { BARRIER, barrierSetWords, CONTROL_BYTES, THREAD_LINE_BYTES } from '../plan/words.ts';
import { MAGIC, phaseOf, STAGE, WINDOW_SLOTS, WORD } from './control.ts';

/**
 * The one shared memory of a model: parameters in front, then the plans of the runs in progress, one behind the other.
 * It grows when a run needs more and is never moved, so views on parameters stay valid.
 */
export class Arena {
  readonly memory: SharedMemory;
  readonly #parametersEnd: number;
  readonly #attached: Set<Plan> = new Set();

  constructor(parametersEnd: number) {
    const pages = Math.ceil(parametersEnd / PAGE_BYTES);
    this.memory = orMemoryExceeded(pages, () => createSharedMemory(pages));
    this.#parametersEnd = parametersEnd;
  }

  /** Where the next run's plan begins: behind every plan in use. */
  get used(): number {
    return Math.max(this.#parametersEnd, ...Array.from(this.#attached, (plan) => plan.memory.end));
  }

  /**
   * Makes room for a plan, writes its header, and zeroes what must start at 0. The words of steps start at sequence number
   * `start`. Undone by `release`.
   */
  attach(plan: Plan, start = 0): void {
    const missing = Math.ceil(plan.memory.end / PAGE_BYTES) - this.memory.buffer.byteLength / PAGE_BYTES;
    if (missing > 0) orMemoryExceeded(missing, () => this.memory.grow(missing));
    this.#attached.add(plan);
    const { buffer } = this.memory;
    for (const region of plan.zeroed) new Uint8Array(buffer, region.offset, region.bytes).fill(0);
    for (let rank = 0; rank < plan.threads; rank++) threadLine(buffer, plan, rank).fill(0);
    const control = controlWords(buffer, plan);
    const [low, high] = hashPlan(plan);
    control[WORD.planHashLow] = low;
    control[WORD.planHashHigh] = high;
    for (const word of [WORD.limit, WORD.released, WORD.completed, WORD.filled, WORD.consumed]) control[word] = start;
    control.fill(start - 1, WORD.windowUsed, WORD.windowUsed + WINDOW_SLOTS);
    control[WORD.phase] = phaseOf(start, STAGE.compute);
    control[WORD.magic] = MAGIC;
  }

  /** Gives a plan's memory back, for the next run. */
  release(plan: Plan): void {
    this.#attached.delete(plan);
  }
}

export function controlWords(buffer: ArrayBufferLike, plan: Plan): Int32Array {
  return new Int32Array(buffer, plan.control, CONTROL_BYTES / 4);
}

export function barrierWords(buffer: ArrayBufferLike, plan: Plan): Int32Array {
  return new Int32Array(buffer, plan.barrier, BARRIER.sets * barrierSetWords(plan.threads));
}

/** The line of words of a compute thread, see THREAD; the loader's is among the control words. */
export function threadLine(buffer: ArrayBufferLike, plan: Plan, rank: number): Int32Array {
  const { address, bytesPerThread, lineOffset } = plan.scratch;
  return new Int32Array(buffer, address + rank * bytesPerThread + lineOffset, THREAD_LINE_BYTES / 4);
}

export function loaderLine(buffer: ArrayBufferLike, plan: Plan): Int32Array {
  return new Int32Array(buffer, plan.control + WORD.loader * 4, THREAD_LINE_BYTES / 4);
}

/** Of a reader beside the loader; they count from 1. */
export function readerLine(buffer: ArrayBufferLike, plan: Plan, reader: number): Int32Array {
  const lines = plan.windows?.readerLines ?? 0;
  return new Int32Array(buffer, lines + (reader - 1) * THREAD_LINE_BYTES, THREAD_LINE_BYTES / 4);
}

/** Checks, in a thread, that the memory was laid out by the plan it was given. Throws ARENA_MISMATCH. */
export function checkAttached(control: Int32Array, plan: Plan): void {
  const [low, high] = hashPlan(plan);
  const matches =
    control[WORD.magic] === MAGIC && control[WORD.planHashLow] === low && control[WORD.planHashHigh] === high;
  if (matches) return;
  throw new LockstepError('ARENA_MISMATCH', {
    place: 'worker thread',
    expected: `memory laid out by plan ${low >>> 0}-${high >>> 0}`,
    received: `${control[WORD.planHashLow] >>> 0}-${control[WORD.planHashHigh] >>> 0}`,
    advice: 'This is a bug in Lockstep; please report it with the configuration.',
  });
}

function hashPlan(plan: Plan): [number, number] {
  const digest = createHash('sha256').update(JSON.stringify(plan)).digest();
  return [digest.readInt32LE(0), digest.readInt32LE(4)];
}

/** What the system refuses is told with its size. */
function orMemoryExceeded<Result>(pages: number, allocate: () => Result): Result {
  try {
    return allocate();
  } catch (cause) {
    throw new LockstepError('MEMORY_EXCEEDED', {
      place: 'arena',
      expected: `${formatBytes(pages * PAGE_BYTES)} of memory, in an address range of 4 GiB`,
      received: 'a refusal by the system',
      advice: 'Use a smaller batch size, or give the process more memory (ulimit -v, the container).',
      cause,
    });
  }
}
