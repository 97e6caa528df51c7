import { floatOfBits } from '../floatBits.ts';
import { DROPOUT_KEY } from '../table.ts';
import type { DropoutKernels } from '../table/dropout.ts';
import type { MemoryViews } from './memoryViews.ts';

/** What the numbers are for, in the upper byte of a word of the counter. */
const PURPOSE = 4 << 24;
/** Bits of the key's upper word that the seed takes up. */
const SEED_HIGH_BITS = 21;

/** Dropout by counted numbers. */
export function referenceDropout(views: MemoryViews): DropoutKernels {
  return {
    dropout(y, yStride, x, xStride, rows, columns, firstRow, key, rate) {
      const f = views.float32;
      const probability = floatOfBits(rate);
      const limit = probability * 2 ** 32;
      const scale = Math.fround(1 / (1 - probability));
      const word = (position: number): number => views.int32[(key >>> 2) + position];
      const keyHigh = word(DROPOUT_KEY.seedHigh) | (word(DROPOUT_KEY.layer) << SEED_HIGH_BITS);
      for (let row = 0; row < rows; row++) {
        for (let j = 0; j < columns; j++) {
          const numbers = philox4x32(
            [(j >> 4) * 4 + (j & 3), firstRow + row, PURPOSE | word(DROPOUT_KEY.stepHigh), word(DROPOUT_KEY.stepLow)],
            [word(DROPOUT_KEY.seedLow), keyHigh],
          );
          const dropped = numbers[(j >> 2) & 3] >>> 0 < limit;
          f[((y + row * yStride) >>> 2) + j] = dropped ? 0 : f[((x + row * xStride) >>> 2) + j] * scale;
        }
      }
    },
  };
}

/** The block of Philox4x32-10 at a counter, as signed 32-bit words. */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): readonly [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const upper0 = multiplyHigh(c0, 0xd2511f53);
    const lower0 = Math.imul(c0, 0xd2511f53);
    const upper1 = multiplyHigh(c2, 0xcd9e8d57);
    const lower1 = Math.imul(c2, 0xcd9e8d57);
    [c0, c1, c2, c3] = [upper1 ^ c1 ^ k0, lower1, upper0 ^ c3 ^ k1, lower0];
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  return [c0, c1, c2, c3];
}

/** Upper 32 bits of the product of two unsigned 32-bit numbers, from 16-bit parts: no sum reaches 2^53. */
function multiplyHigh(a: number, b: number): number {
  const low = (a & 0xffff) * (b >>> 0);
  const high = (a >>> 16) * (b >>> 0);
  return Math.floor((high + Math.floor(low / 2 ** 16)) / 2 ** 16) | 0;
}
