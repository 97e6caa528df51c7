import * as v from 'valibot';
import { positiveInteger } from '../model/check.ts';
import type { LabelDescription } from './dataset.ts';

/**
 * What the labels of rows are that a user's function makes: `'classIndex'`, an integer; `'value'`, a number; or several numbers, or
 * integers, a row.
 */
export type LabelOption = 'classIndex' | 'value' | LabelDescription;

const SENTENCE = "label is 'classIndex', 'value' or { width, integer }";

export const labelSchema: v.GenericSchema<LabelOption, LabelDescription> = v.union(
  [
    v.pipe(
      v.literal('classIndex'),
      v.transform(() => ({ width: 1, integer: true })),
    ),
    v.pipe(
      v.literal('value'),
      v.transform(() => ({ width: 1, integer: false })),
    ),
    v.strictObject({ width: positiveInteger('width'), integer: v.boolean() }),
  ],
  SENTENCE,
);
