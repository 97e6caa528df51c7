/** Something that was compared. */
export interface Check {
  readonly what: string;
  /** Training steps done. */
  readonly steps: number | null;
  /** SHA-256, as 64 hexadecimal digits; null where there is none to compare with. */
  readonly expected: string | null;
  /** Null when there is none: a damaged file, a replay that did not come that far. */
  readonly found: string | null;
  readonly verdict: Verdict;
  /** Why, where it is not plain. */
  readonly reason?: string;
}

export type Verdict = 'agrees' | 'differs' | 'damaged' | 'not recorded';

export const FAILED: ReadonlySet<Verdict> = new Set<Verdict>(['differs', 'damaged']);

export function compare(what: string, steps: number | null, expected: string | null, found: string | null): Check {
  const parts = { what, steps, expected, found };
  if (expected === null) return { ...parts, verdict: 'not recorded' };
  return { ...parts, verdict: expected === found ? 'agrees' : 'differs' };
}
