import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LockstepError } from '@lockstep/core';
import { unwritable, writeAtomically } from '@lockstep/core/files';
import type { RunEvent } from './events.ts';

export const METRICS_NAME = 'metrics.jsonl';

/** Appends events to metrics.jsonl, in order, each flushed to the disk. */
export class MetricsLog {
  readonly #path: string;
  readonly #handle: FileHandle;
  #tail: Promise<void> = Promise.resolve();

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  /** Opens the file, which is made when it does not exist. Throws FILE_NOT_WRITTEN. */
  static async open(directory: string): Promise<MetricsLog> {
    const path = join(directory, METRICS_NAME);
    try {
      return new MetricsLog(path, await open(path, 'a'));
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  /**
   * Resolves when the line is on the disk. Throws FILE_NOT_WRITTEN; a promise that nobody waits for throws in all later
   * calls instead, so that no line can be missing from a file that goes on.
   */
  append(event: RunEvent): Promise<void> {
    const written = this.#tail.then(() => this.#write(event));
    this.#tail = written;
    written.catch(() => {});
    return written;
  }

  async close(): Promise<void> {
    await this.#tail.catch(() => {});
    await this.#handle.close();
  }

  async #write(event: RunEvent): Promise<void> {
    try {
      await this.#handle.appendFile(`${JSON.stringify(event)}\n`);
      await this.#handle.datasync();
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }
}

/** The events of a run directory; a last line that was cut short is left out. Throws FILE_INVALID. */
export async function readEvents(directory: string): Promise<RunEvent[]> {
  const path = join(directory, METRICS_NAME);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
  // What comes after the last line's end was being written when the process was killed.
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line, index) => parseLine(line, `${path}:${index + 1}`));
}

/** Replaces the file, at once. Throws FILE_NOT_WRITTEN. */
export async function writeEvents(directory: string, events: readonly RunEvent[]): Promise<void> {
  const text = events.map((event) => `${JSON.stringify(event)}\n`).join('');
  await writeAtomically(join(directory, METRICS_NAME), (file) => file.write(Buffer.from(text)));
}

/**
 * The events that a run keeps when it goes on from a checkpoint: what the checkpoint does not know has yet to happen.
 * `epoch`: epochs completed; `steps`: training steps done.
 */
export function eventsUntil(
  events: readonly RunEvent[],
  { epoch, steps }: { readonly epoch: number; readonly steps: number },
): RunEvent[] {
  const isKnown = (event: RunEvent): boolean => {
    if (event.event === 'epoch') return event.epoch <= epoch;
    return event.event === 'restart' || (event.steps ?? 0) <= steps;
  };
  // Restarts do not say after which step they were. Checkpoints may be told of later than epochs that came after them.
  const firstUnknown = events.findIndex((event) => !isKnown(event));
  return events.filter((event, index) => {
    return isKnown(event) && (event.event !== 'restart' || firstUnknown < 0 || index < firstUnknown);
  });
}

const KINDS: ReadonlySet<unknown> = new Set<RunEvent['event']>(['epoch', 'checkpoint', 'restart', 'resume', 'end']);

function parseLine(line: string, place: string): RunEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = null;
  }
  if (typeof value === 'object' && value !== null && 'event' in value && KINDS.has(value.event) && hasFields(value)) {
    return value as RunEvent;
  }
  throw new LockstepError('FILE_INVALID', {
    place,
    expected: 'an event of a run as a line of JSON',
    received: JSON.stringify(line.slice(0, 80)),
    advice: 'Only the last line of the file may be cut short. Was it changed by another program?',
  });
}

/** The fields that others compute with. */
function hasFields(event: object): boolean {
  const { event: kind, steps, epoch, weightsHash } = event as Record<string, unknown>;
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
  if (kind === 'restart') return true;
  if (kind === 'end') return steps === null || isCount(steps);
  if (!isCount(steps) || (kind !== 'checkpoint' && !isCount(epoch))) return false;
  return kind === 'resume' || typeof weightsHash === 'string';
}
