import type { Spread } from '../harness/statistics.ts';
import type { GemmResult } from './run.ts';

type ShapeResult = GemmResult['shapes'][number];
type Ratio = NonNullable<ShapeResult['packedToBlas']>;

/** The columns of products in every table, and what is in them. */
export const SHAPE_HEADER: readonly string[] = [
  ...['m×n×k', 'packed', 'whole', 'OpenBLAS', 'packed ÷', 'whole ÷', 'as in a step ÷', 'packed ÷ peak'],
];

export function shapeCells(shape: ShapeResult): string[] {
  return [
    shape.name,
    rateCell(shape.packed),
    rateCell(shape.whole),
    rateCell(shape.blas),
    ratioCell(shape.packedToBlas),
    ratioCell(shape.wholeToBlas),
    ratioCell(ratioInStep(shape)),
    shape.packedToPeak.toFixed(2),
  ];
}

export function meanCells({ packed, whole, inStep }: NonNullable<GemmResult['means']>): string[] {
  return ['geometric mean', '', '', '', ratioCell(packed), ratioCell(whole), ratioCell(inStep), ''];
}

/** Against OpenBLAS as a training step multiplies: with B packed beforehand where a step finds it so. */
export function ratioInStep({
  packedInStep,
  packedToBlas,
  wholeToBlas,
}: Pick<ShapeResult, 'packedInStep' | 'packedToBlas' | 'wholeToBlas'>): Ratio | null {
  return packedInStep ? packedToBlas : wholeToBlas;
}

export function rateCell(value: Spread | null): string {
  return value === null ? '–' : `${value.min.toFixed(1)} (${value.median.toFixed(1)})`;
}

export function ratioCell(value: Ratio | null): string {
  return value === null ? '–' : `${value.best.toFixed(2)} (${value.paired.toFixed(2)})`;
}
