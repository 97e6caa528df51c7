/** Decimals as doubles: the nearest to `unscaled × 10^-places`, as if the digits had been read. */
import type { NumberViews } from '@lockstep/core/source';
import type { DecimalKind } from '../layout/types.ts';

/** Powers of ten that are exact. */
const POWERS = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
const WORDS: Readonly<Record<DecimalKind, number>> = { decimal32: 1, decimal64: 2, decimal128: 4, decimal256: 8 };

export function decodeDecimals(
  { int32, uint32 }: NumberViews,
  kind: DecimalKind,
  places: number,
  numbers: Float64Array,
  from: number,
  count: number,
): void {
  const words = WORDS[kind];
  for (let i = 0; i < count; i++) {
    const at = (from + i) * words;
    const low = words === 1 ? int32[at] : int32[at + 1] * 4_294_967_296 + uint32[at];
    // Most numbers need no more than 53 bits, and all words above are their sign.
    let isShort = Number.isSafeInteger(low) && Math.abs(places) < POWERS.length;
    for (let word = 2; word < words; word++) isShort &&= int32[at + word] === (low < 0 ? -1 : 0);
    if (!isShort) numbers[i] = Number(`${bigIntOf(int32, uint32, at, words)}e${-places}`);
    // Both operands are exact, so the one operation rounds once (Clinger 1990).
    else numbers[i] = places < 0 ? low * POWERS[-places] : low / POWERS[places];
  }
}

function bigIntOf(int32: Int32Array, uint32: Uint32Array, at: number, words: number): bigint {
  let value = BigInt(int32[at + words - 1]);
  for (let word = words - 2; word >= 0; word--) value = value * 4_294_967_296n + BigInt(uint32[at + word]);
  return value;
}
