import { MEMORY_LIMIT } from '@lockstep/kernels/thread';
import { LockstepError } from '../errors.ts';
import { formatBytes } from '../formatNumbers.ts';

/** A named range of the arena. Offsets and sizes in bytes. */
export interface Region {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

/** Regions start on cache lines, so that no two threads write into one line by accident. */
const ALIGNMENT = 64;

/** Lays regions one after another; pure arithmetic, nothing is allocated until the whole map is known to fit. */
export class MemoryMapBuilder {
  readonly #regions: Region[] = [];
  readonly #begin: number;
  #end: number;

  /** `begin`: first free byte. */
  constructor(begin: number) {
    this.#begin = alignUp(begin);
    this.#end = this.#begin;
  }

  /** Reserves `bytes` and returns their offset, a multiple of `alignment`. */
  reserve(name: string, bytes: number, alignment: number = ALIGNMENT): number {
    const offset = alignUp(this.#end, alignment);
    this.#regions.push({ name, offset, bytes });
    this.#end = alignUp(offset + bytes);
    return offset;
  }

  /** The finished map. Throws MEMORY_EXCEEDED with the largest regions when it ends beyond 4 GiB. `more`: what else would help. */
  finish(more = ''): { regions: readonly Region[]; begin: number; end: number } {
    // The very last line stays free: an end address of 2^32 would wrap to 0 in the kernels.
    if (this.#end > MEMORY_LIMIT - ALIGNMENT) {
      const largest = this.#regions.toSorted((a, b) => b.bytes - a.bytes).slice(0, 6);
      const table = largest.map((region) => `  ${region.name}: ${formatBytes(region.bytes)}`).join('\n');
      throw new LockstepError('MEMORY_EXCEEDED', {
        place: 'memory plan',
        expected: `at most ${formatBytes(MEMORY_LIMIT)} in all`,
        received: `${formatBytes(this.#end)}; the largest parts:\n${table}\n`,
        advice: `Use a smaller batch size, fewer units, or an optimizer with fewer state vectors.${more}`,
      });
    }
    return { regions: this.#regions, begin: this.#begin, end: this.#end };
  }
}

function alignUp(offset: number, alignment: number = ALIGNMENT): number {
  return Math.ceil(offset / alignment) * alignment;
}
