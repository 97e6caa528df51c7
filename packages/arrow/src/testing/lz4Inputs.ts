/** Bytes of several kinds, made the same in every run. */
export interface Lz4Input {
  readonly name: string;
  readonly bytes: () => Uint8Array;
}

/** A small linear congruential generator: high bytes of its states. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

function repeatedNoise(): Uint8Array {
  const once = noise(500);
  return Uint8Array.from({ length: 70_000 }, (_, i) => once[i % 500]);
}

export const LZ4_INPUTS: readonly Lz4Input[] = [
  { name: 'nothing', bytes: () => new Uint8Array(0) },
  { name: 'one byte', bytes: () => Uint8Array.of(7) },
  { name: 'noise', bytes: () => noise(700) },
  { name: 'one value', bytes: () => new Uint8Array(200_000).fill(9) },
  { name: 'counting', bytes: () => Uint8Array.from({ length: 3000 }, (_, i) => i >>> 2) },
  // Longer than a block of 64 KiB, with matches that reach back into the block before.
  { name: 'repeated noise', bytes: repeatedNoise },
];
