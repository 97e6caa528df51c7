import { appendFileSync } from 'node:fs';

/**
 * What the parts of the soak share. Each takes its size from the environment, e.g. LOCKSTEP_SOAK_FAULTS=20, and draws
 * everything from LOCKSTEP_SOAK_SEED, so that a failure, which names the seed, can be repeated.
 */
export function soakSize(name: string, full: number): number {
  const text = process.env[`LOCKSTEP_SOAK_${name}`];
  if (text === undefined) return full;
  const size = Number(text);
  if (!Number.isInteger(size) || size < 1)
    throw new Error(`LOCKSTEP_SOAK_${name} is a whole number from 1, not ${text}`);
  return size;
}

export function soakSeed(): number {
  return soakSize('SEED', 1);
}

/** A line for the summary at the end of the soak. */
export function countInSummary(part: string, counts: Readonly<Record<string, string | number>>): void {
  const line = `${part}: ${Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')}\n`;
  const file = process.env['LOCKSTEP_SOAK_SUMMARY'];
  if (file === undefined) process.stdout.write(line);
  else appendFileSync(file, line);
}

/** Random choices that are the same for the same seed. */
export class Choices {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
    // Neighbouring seeds start alike; a few draws part them.
    for (let i = 0; i < 4; i++) this.#next();
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  /** A whole number from `first` to `last`. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** One of the names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries(weights) as [Name, number][];
    let left = this.#next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    return entries[entries.length - 1][0];
  }

  /** Mulberry32: from 0 to below 1. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
