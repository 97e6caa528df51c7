/** Which part of a split a row belongs to. */
import { philox4x32, PURPOSE } from '@lockstep/core/source';
import type { RowRange } from './chunks.ts';
import type { Part, SplitRequest } from './request.ts';

/**
 * The part of a row: `row` counts all rows of the files, `rank` those that passed the filter, of `total`; `key` is the hash of the
 * column that the split goes by, if it does.
 */
export type PartOf = (row: number, rank: number, key: number) => Part;

const WORDS = 2 ** 32;

export function partOf(split: SplitRequest, total: number): PartOf {
  return split.by === 'hash' ? byHash(split) : byFraction(split, total);
}

/** The ranks of a part by fraction. Borders are rounded to the next row: 0.7 + 0.2 is a little less than 0.9. */
export function rangeOf({ part, train, test }: SplitRequest, total: number): RowRange {
  const first = Math.round(total * train);
  const second = Math.max(first, total - Math.round(total * test));
  if (part === 'train') return { begin: 0, end: first };
  return part === 'test' ? { begin: second, end: total } : { begin: first, end: second };
}

function byFraction(split: SplitRequest, total: number): PartOf {
  const first = rangeOf({ ...split, part: 'train' }, total).end;
  const second = rangeOf({ ...split, part: 'test' }, total).begin;
  return (_, rank) => {
    if (rank < first) return 'train';
    return rank < second ? 'validation' : 'test';
  };
}

/** A word of Philox for each row, or each key, counted by its number: no row's part depends on any other row. */
function byHash({ train, test, seed, column }: SplitRequest): PartOf {
  const first = Math.round(WORDS * train);
  const second = WORDS - Math.round(WORDS * test);
  const block = new Uint32Array(4);
  const purpose = (PURPOSE.split * 0x100_0000) >>> 0;
  const domain = column === undefined ? 0 : 1;
  return (row, _, key) => {
    const counter = column === undefined ? row : key;
    philox4x32(
      block,
      counter % WORDS,
      Math.floor(counter / WORDS),
      purpose,
      domain,
      seed % WORDS,
      Math.floor(seed / WORDS),
    );
    if (block[0] < first) return 'train';
    return block[0] < second ? 'validation' : 'test';
  };
}
