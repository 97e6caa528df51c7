/** The codes of categories: numbers from 0, in the order in which the categories came. */
import type { Category } from '../layout/request.ts';

export interface CategoryCodes {
  /** A whole number; -1 for a category that has none. */
  codeOf(category: Category): number;
}

export class Codebook implements CategoryCodes {
  readonly categories: Category[] = [];
  /** Characters of all texts together, so that memory can be bounded. */
  characters = 0;
  private readonly codes = new Map<Category, number>();
  private readonly grows: boolean;

  /** With `grows`, a category that is met for the first time gets the next code; otherwise there are these alone. */
  constructor(categories: readonly Category[], grows = false) {
    this.grows = grows;
    for (const category of categories) this.add(category);
  }

  codeOf(category: Category): number {
    return this.codes.get(category) ?? (this.grows ? this.add(category) : -1);
  }

  private add(category: Category): number {
    const code = this.categories.length;
    this.categories.push(category);
    this.codes.set(category, code);
    if (typeof category === 'string') this.characters += category.length;
    return code;
  }
}

/** Numbers below 2^53 that look like chance, alike for an integer and for its digits as a text. */
export const HASHED: CategoryCodes = {
  codeOf: (category) => {
    const text = String(category);
    // FNV-1a (Fowler, Noll and Vo) of its code units, twice from different offsets.
    let high = 0x811c_9dc5;
    let low = 0x9747_b28c;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      high = Math.imul(high ^ unit, 0x0100_0193);
      low = Math.imul(low ^ unit, 0x0100_0193);
    }
    return (high >>> 11) * 2 ** 32 + (low >>> 0);
  },
};
