/** From what was asked and what a scan found to how each column becomes numbers, and to words about it. */
import { LockstepError } from '@lockstep/core/source';
import type { SelectedColumn } from '../layout/columns.ts';
import type { Recipe } from '../layout/preparedTypes.ts';
import type { Category } from '../layout/request.ts';
import type { Scanned } from './scan.ts';
import type { Statistics } from '../layout/statistics.ts';

/** How a column is used, for people and for programs that need its vocabulary or its statistics. */
export interface ColumnUse {
  readonly column: string;
  readonly role: 'feature' | 'label' | 'sampleWeight';
  /** First of its numbers among the features or labels of a row, and how many it has. */
  readonly at: number;
  readonly width: number;
  readonly encode: 'number' | 'oneHot' | 'index';
  readonly normalize?: 'zScore' | 'minMax';
  /** Of the rows for training, of each value in a row. */
  readonly statistics?: Statistics;
  /** The text or integer of each class, or of each row of an embedding. */
  readonly vocabulary?: readonly Category[];
  /**
   * Of normalised or scaled labels: `label = (value - subtract) × factor`, of each value in a row, so that a prediction means
   * `prediction / factor + subtract`.
   */
  readonly scaling?: { readonly subtract: readonly number[]; readonly factor: readonly number[] };
}

export interface Recipes {
  readonly recipes: readonly Recipe[];
  readonly uses: readonly ColumnUse[];
  readonly featureWidth: number;
  readonly labelWidth: number;
}

/** `columns` without those of the filter. */
export function makeRecipes(columns: readonly SelectedColumn[], scanned: Scanned): Recipes {
  const recipes: Recipe[] = [];
  const uses: ColumnUse[] = [];
  const widths = { feature: 0, label: 0, sampleWeight: 0 };
  columns.forEach((column, index) => {
    const { request, name, encode } = column;
    const role = request.role as Recipe['role'];
    const vocabulary = scanned.vocabularies.get(index);
    const statistics = scanned.statistics.get(index);
    const indicator = request.fillNull?.indicator === true;
    const values = encode === 'oneHot' ? vocabulary!.length : column.width;
    const outputs = values + (indicator ? column.width : 0);
    const fill = fillOf(column, statistics, vocabulary);
    const at = widths[role];
    widths[role] += outputs;
    const scaling = scalingOf(column, statistics);
    const isScaled = role === 'label' && (request.normalize !== undefined || request.scale !== 1);
    recipes.push({
      ...{ column: index, role, at, outputs, encode, indicator, ...scaling },
      ...(fill === undefined ? {} : { fill }),
    });
    uses.push({
      ...{ column: name, role, at, width: outputs, encode },
      ...(request.normalize === undefined ? {} : { normalize: request.normalize }),
      ...(statistics === undefined ? {} : { statistics }),
      ...(vocabulary === undefined ? {} : { vocabulary }),
      ...(isScaled ? { scaling: { subtract: [...scaling.subtract], factor: [...scaling.factor] } } : {}),
    });
  });
  return { recipes, uses, featureWidth: widths.feature, labelWidth: widths.label };
}

function scalingOf(
  { request, width }: SelectedColumn,
  statistics: Statistics | undefined,
): Pick<Recipe, 'subtract' | 'factor'> {
  const subtract = new Float64Array(width);
  const factor = new Float64Array(width).fill(request.scale);
  if (request.normalize !== undefined) {
    const { mean, standardDeviation, min, max } = statistics!;
    const isZScore = request.normalize === 'zScore';
    for (let item = 0; item < width; item++) {
      subtract[item] = isZScore ? mean[item] : min[item];
      const spread = isZScore ? standardDeviation[item] : max[item] - min[item];
      factor[item] = spread === 0 ? 1 : 1 / spread;
    }
  }
  return { subtract, factor };
}

function fillOf(
  { request, width }: SelectedColumn,
  statistics: Statistics | undefined,
  vocabulary: readonly Category[] | undefined,
): Float64Array | undefined {
  const { fillNull, option } = request;
  if (fillNull === undefined) return undefined;
  if (fillNull.isMean) return Float64Array.from(statistics!.mean);
  if (vocabulary === undefined) return new Float64Array(width).fill(Number(fillNull.value));
  if (fillNull.value === null) return Float64Array.of(-1);
  const code = vocabulary.indexOf(fillNull.value);
  if (code >= 0) return Float64Array.of(code);
  throw new LockstepError('INVALID_OPTION', {
    place: `arrowDataset${option}.fillNull`,
    expected: `a member of the vocabulary (${vocabulary.slice(0, 8).join(', ')}${vocabulary.length > 8 ? ', …' : ''})`,
    received: JSON.stringify(fillNull.value),
    advice: 'Add it to the vocabulary.',
  });
}
