/**
 * Philox4x32-10, a counter-based generator (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011). A block of four 32-bit words is a pure function of a counter and a key, so any thread can compute any
 * number of a sequence without having computed those before it.
 */

/** What a sequence is for. Part of the counter, so that two uses of one seed never share numbers. */
export const PURPOSE = {
  initialisation: 1,
  chunkOrder: 2,
  rowOrder: 3,
  /** The kernel `dropout` counts by itself, with this number in the same place. */
  dropout: 4,
  /** The part of a split that a row belongs to. */
  split: 5,
  /** What a user's function draws for a row of `map`. */
  map: 6,
} as const;
export type Purpose = (typeof PURPOSE)[keyof typeof PURPOSE];

const ROUNDS = 10;
/** Halves of the multipliers 0xd2511f53 and 0xcd9e8d57. */
const HIGH_0 = 0xd251;
const LOW_0 = 0x1f53;
const HIGH_1 = 0xcd9e;
const LOW_1 = 0x8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** High 32 bits of the 64-bit product of two unsigned 32-bit numbers, from 16-bit parts: no sum reaches 2^32. */
export function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16);
  const carry = Math.imul(aLow, bHigh) + (middle & 0xffff);
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) >>> 0;
}

/** Writes the block of counter (c0, c1, c2, c3) under key (k0, k1) into `out` [4]. */
export function philox4x32(
  out: Uint32Array,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): void {
  // Signed words: the same bits, in the form that engines keep in registers.
  c0 |= 0;
  c1 |= 0;
  c2 |= 0;
  c3 |= 0;
  k0 |= 0;
  k1 |= 0;
  // c0 and c2 times their multipliers, as multiplyHigh does it, but sharing the parts with the low words: a shuffle of
  // a million rows is a fourth faster so, and sooner optimised.
  for (let round = 0; round < ROUNDS; round++) {
    const low0 = c0 & 0xffff;
    const high0 = c0 >>> 16;
    const middle0 = (Math.imul(HIGH_0, low0) + (Math.imul(LOW_0, low0) >>> 16)) | 0;
    const carry0 = (Math.imul(LOW_0, high0) + (middle0 & 0xffff)) | 0;
    const low2 = c2 & 0xffff;
    const high2 = c2 >>> 16;
    const middle2 = (Math.imul(HIGH_1, low2) + (Math.imul(LOW_1, low2) >>> 16)) | 0;
    const carry2 = (Math.imul(LOW_1, high2) + (middle2 & 0xffff)) | 0;
    const next0 = (Math.imul(HIGH_1, high2) + (middle2 >>> 16) + (carry2 >>> 16)) ^ c1 ^ k0;
    c1 = (carry2 << 16) | (Math.imul(LOW_1, low2) & 0xffff);
    c2 = (Math.imul(HIGH_0, high0) + (middle0 >>> 16) + (carry0 >>> 16)) ^ c3 ^ k1;
    c3 = (carry0 << 16) | (Math.imul(LOW_0, low0) & 0xffff);
    c0 = next0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/**
 * The numbers of one sequence, by index. The counter is (index / 4, substream, purpose and attempt, stream); the key is
 * the seed's low and high 32 bits. `stream` and `substream` tell apart what shares a purpose: a parameter's number, or
 * an epoch and a window. `attempt` counts redraws.
 */
export class RandomSequence {
  readonly #purpose: number;
  readonly #stream: number;
  readonly #substream: number;
  readonly #keyLow: number;
  readonly #keyHigh: number;
  readonly #block: Uint32Array = new Uint32Array(4);
  #blockIndex = -1;
  #blockAttempt = -1;

  /** `seed`: an integer in [0, 2^53). `stream` and `substream`: unsigned 32-bit. */
  constructor(seed: number, purpose: Purpose, stream: number, substream = 0) {
    this.#purpose = purpose;
    this.#stream = stream;
    this.#substream = substream;
    this.#keyLow = seed >>> 0;
    this.#keyHigh = Math.floor(seed / 0x1_0000_0000) >>> 0;
  }

  /** Word `index` (unsigned 32-bit) of the sequence; `attempt` numbers the redraws of one index. */
  word(index: number, attempt = 0): number {
    const blockIndex = index >>> 2;
    if (blockIndex !== this.#blockIndex || attempt !== this.#blockAttempt) {
      const purpose = (this.#purpose * 0x100_0000 + attempt) >>> 0;
      philox4x32(this.#block, blockIndex, this.#substream, purpose, this.#stream, this.#keyLow, this.#keyHigh);
      this.#blockIndex = blockIndex;
      this.#blockAttempt = attempt;
    }
    return this.#block[index & 3];
  }

  /** Uniform in [0, 1), a multiple of 2^-24: exact in float32. */
  uniform(index: number, attempt = 0): number {
    return (this.word(index, attempt) >>> 8) / 0x100_0000;
  }

  /**
   * Uniform integer in [0, bound), without bias, by integers only: the high half of word × bound, redrawn in the rare
   * case that the low half falls into the uneven remainder (Lemire 2019, "Fast random integer generation in an interval").
   */
  below(bound: number, index: number): number {
    for (let attempt = 0; ; attempt++) {
      const word = this.word(index, attempt);
      const low = Math.imul(word, bound) >>> 0;
      if (low >= bound || low >= (0x1_0000_0000 - bound) % bound) return multiplyHigh(word, bound);
    }
  }
}

/** Shuffles `items` in place (Fisher–Yates, from the last item down; item i draws number i of the sequence). */
export function shuffle(items: Uint32Array, sequence: RandomSequence): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = sequence.below(i + 1, i);
    const item = items[i];
    items[i] = items[j];
    items[j] = item;
  }
}
