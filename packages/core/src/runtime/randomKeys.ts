import { DROPOUT_KEY } from '@lockstep/kernels/thread';
import type { Plan } from '../plan/plan.ts';

/**
 * What a thread's random numbers are counted by: for each layer that has some, its seed and number, which stay, and the number of
 * the training step. Every thread has a copy of its own, which it alone writes and reads; so nobody has to wait for it, and
 * whoever does a thread's work again counts by the same words.
 */
export class RandomKeys {
  readonly #words: Uint32Array;

  /** `scratch`: address of the thread's own. */
  constructor({ randomKeys, scratch: { keyOffset } }: Plan, buffer: ArrayBufferLike, scratch: number) {
    const words = new Uint32Array(buffer, scratch + keyOffset, randomKeys.length * DROPOUT_KEY.count);
    for (const [index, { seed, layer }] of randomKeys.entries()) {
      const at = index * DROPOUT_KEY.count;
      words[at + DROPOUT_KEY.seedLow] = seed % 2 ** 32;
      words[at + DROPOUT_KEY.seedHigh] = Math.floor(seed / 2 ** 32);
      words[at + DROPOUT_KEY.layer] = layer;
      words[at + DROPOUT_KEY.reserved] = 0;
      words[at + DROPOUT_KEY.stepLow] = 0;
      words[at + DROPOUT_KEY.stepHigh] = 0;
    }
    this.#words = words;
  }

  /** The number of the step, in two words: as one number it would be allocated from 2^31 on. */
  setStep(low: number, high: number): void {
    for (let at = 0; at < this.#words.length; at += DROPOUT_KEY.count) {
      this.#words[at + DROPOUT_KEY.stepLow] = low;
      this.#words[at + DROPOUT_KEY.stepHigh] = high;
    }
  }
}
