import { LockstepError } from '../errors.ts';
import type { SourceWindow, WindowMemory } from './dataset.ts';

/**
 * Throws INVALID_DATA where a source says of a window of so many rows that numbers lie outside of its memory. `rowBytes`: of each
 * run. `most`: rows that can be told apart in memory.
 */
export function checkWindow(
  { starts, places }: Pick<SourceWindow, 'starts' | 'places'>,
  rows: number,
  rowBytes: readonly number[],
  { byteOffset, byteLength }: WindowMemory,
  most: number = Infinity,
): void {
  const end = byteOffset + byteLength;
  const inMemory = places?.reduce((largest, place) => Math.max(largest, place + 1), 0) ?? rows;
  const isInside = (bytes: number, i: number): boolean =>
    starts[i] % 64 === 0 && starts[i] >= byteOffset && starts[i] + inMemory * bytes <= end;
  const isWhole = (places?.length ?? rows) === rows && inMemory <= most;
  if (isWhole && starts.length === rowBytes.length && rowBytes.every(isInside)) return;
  const limit = most === Infinity ? '' : `, at most ${most} in memory`;
  throw new LockstepError('INVALID_DATA', {
    place: 'window of a source',
    expected: `${rowBytes.length} runs of ${rows} rows${limit}, at multiples of 64 in bytes ${byteOffset} to ${end}`,
    received: `runs at ${starts.join(', ')}${places === undefined ? '' : `, ${places.length} rows among ${inMemory}`}`,
    advice: 'Let `windows` of the dataset, windowBytesPerRow and overheadBytes say what the source writes.',
  });
}
