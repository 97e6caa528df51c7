/** Decoded values into rows of features, labels or weights, by the recipe of their column. */
import { BAD, VALUE } from '../layout/preparedTypes.ts';
import type { Recipe } from '../layout/preparedTypes.ts';
import type { StoredReader } from './storedReader.ts';

/** Rows of the window, row-major. Labels and weights are doubles: a class may have more bits than a float32. */
export interface RowTarget {
  values: Float32Array | Float64Array;
  readonly width: number;
}

/**
 * Rows `picks[first]` to `picks[last - 1]` of the chunk, of which those from `from` on are decoded, become window rows
 * `windowRow + first` and following. Returns -1, or the first row of the chunk that cannot be: a null without a fill, a value
 * that is BAD.
 */
export function prepareRows(
  reader: StoredReader,
  recipe: Recipe,
  width: number,
  picks: Uint32Array,
  first: number,
  last: number,
  from: number,
  target: RowTarget,
  windowRow: number,
): number {
  if (recipe.encode !== 'number') return encodeRows(reader, recipe, picks, first, last, from, target, windowRow);
  const { numbers, valid, hasNulls } = reader;
  const { subtract, factor, fill, indicator, at } = recipe;
  const { values } = target;
  for (let pick = first; pick < last; pick++) {
    const read = (picks[pick] - from) * width;
    const to = (windowRow + pick) * target.width + at;
    for (let item = 0; item < width; item++) {
      let value = numbers[read + item];
      const isNull = hasNulls && valid[read + item] !== VALUE;
      if (isNull) {
        if (fill === undefined || valid[read + item] === BAD) return picks[pick];
        value = fill[item];
      }
      values[to + item] = (value - subtract[item]) * factor[item];
      if (indicator) values[to + width + item] = isNull ? 1 : 0;
    }
  }
  return -1;
}

function encodeRows(
  reader: StoredReader,
  recipe: Recipe,
  picks: Uint32Array,
  first: number,
  last: number,
  from: number,
  target: RowTarget,
  windowRow: number,
): number {
  const { numbers, valid, hasNulls } = reader;
  const { fill, indicator, at, outputs, encode } = recipe;
  const { values } = target;
  for (let pick = first; pick < last; pick++) {
    const read = picks[pick] - from;
    const isNull = hasNulls && valid[read] !== VALUE;
    if (isNull && (fill === undefined || valid[read] === BAD)) return picks[pick];
    const code = isNull ? fill![0] : numbers[read];
    const to = (windowRow + pick) * target.width + at;
    if (encode === 'index') {
      values[to] = code;
    } else {
      values.fill(0, to, to + outputs);
      // A null may be of no category at all.
      if (code >= 0) values[to + code] = 1;
    }
    if (indicator) values[to + outputs - 1] = isNull ? 1 : 0;
  }
  return -1;
}
