import { deterministicLog } from '../elementary.ts';
import { PURPOSE, RandomSequence } from './philox.ts';

/** Random numbers of one row of an epoch, one after the other: the same ones whoever asks, and when. */
export class RowRandom {
  readonly #seed: number;
  #epoch = 0;
  #row = 0;
  /** null until the row's first number is asked for. */
  #sequence: RandomSequence | null = null;
  #drawn = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** From now on the numbers of this row. */
  begin(epoch: number, row: number): void {
    this.#epoch = epoch;
    this.#row = row;
    this.#sequence = null;
    this.#drawn = 0;
  }

  /** In [0, 1), a multiple of 2^-24. */
  uniform(): number {
    return this.#numbers().uniform(this.#drawn++);
  }

  /** A whole number in [0, bound), each as likely. `bound`: from 1 to 2^32 - 1. */
  below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound >= 2 ** 32) {
      throw new RangeError(`below(bound): bound is a whole number from 1 to 2^32 - 1, not ${bound}`);
    }
    return this.#numbers().below(bound, this.#drawn++);
  }

  /** Of mean 0 and deviation 1 (Marsaglia's polar method). */
  normal(): number {
    for (;;) {
      const a = 2 * this.uniform() - 1;
      const b = 2 * this.uniform() - 1;
      const radius = a * a + b * b;
      if (radius < 1 && radius > 0) return a * Math.sqrt((-2 * deterministicLog(radius)) / radius);
    }
  }

  #numbers(): RandomSequence {
    return (this.#sequence ??= new RandomSequence(this.#seed, PURPOSE.map, this.#epoch, this.#row));
  }
}
