import { halfTable } from '@lockstep/core/source';
import type { NumberViews } from '@lockstep/core/source';
import type { NumberKind } from '../layout/types.ts';

/** numbers [count] = the numbers of a kind from element `from` on, in double precision; integers of 64 bits as `Number(bigint)`. */
export function decodeNumbers(
  kind: NumberKind,
  views: NumberViews,
  from: number,
  numbers: Float64Array,
  count: number,
): void {
  if (kind === 'float16') {
    const values = halfTable();
    for (let i = 0; i < count; i++) numbers[i] = values[views.uint16[from + i]];
  } else if (kind === 'uint64' || kind === 'int64') {
    const { int32, uint32 } = views;
    const high = kind === 'int64' ? int32 : uint32;
    for (let i = 0; i < count; i++) numbers[i] = high[2 * (from + i) + 1] * 4_294_967_296 + uint32[2 * (from + i)];
  } else {
    // The engine's own loop converts; one view of a piece is made for a tile, not for a row.
    numbers.set(views[kind].subarray(from, from + count));
  }
}
