/** What is wrong with a row that Parquet holds and a table cannot. */
import { LockstepError } from '@lockstep/core/source';
import { place } from '../../format/errors.ts';
import { otherLength } from '../../layout/lists.ts';
import { describeType } from '../table/columns.ts';
import { shorten } from '../csv/scanFile.ts';
import { tooManyCategories } from '../vocabulary.ts';
import type { Vocabulary } from '../vocabulary.ts';
import type { TextRefused } from './values.ts';

const SKIP = "Correct it when writing the file, or leave the column out (type 'skip').";

export function listRefused(where: string, row: number, width: number, received: number | 'null'): LockstepError {
  if (received !== 'null') return otherLength(where, row, width, received);
  return new LockstepError('INVALID_DATA', {
    place: place(where, `row ${row}`),
    expected: 'a number for every item of a list',
    received: 'a null',
    advice: `A list as a whole may be null, its items may not. ${SKIP}`,
  });
}

/** `where` is the place without its column. */
export function textRefused(
  where: string,
  column: string,
  row: number,
  { reason, key }: TextRefused,
  vocabulary: Vocabulary,
): LockstepError {
  if (reason === 'tooMany') return tooManyCategories(place(where, `row ${row}`), column);
  return new LockstepError('INVALID_DATA', {
    place: place(where, `row ${row}`, `column ${JSON.stringify(column)}`),
    expected: reason === 'notListed' ? `one of the ${vocabulary.texts.length} texts listed` : describeType('category'),
    received: JSON.stringify(shorten(Buffer.from(key, 'latin1').toString('utf8'))),
    advice: SKIP,
  });
}
