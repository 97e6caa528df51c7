import { table } from '../harness/table.ts';
import { meanCells, rateCell, ratioCell, SHAPE_HEADER, shapeCells } from './cells.ts';
import type { GemmResult } from './run.ts';

export function printGemm({ peak, openblas, failure, shapes, means }: GemmResult): string {
  const title = 'Products, one thread: GFLOP/s, best (median).';
  if (shapes.length === 0) return `\n${title}\n${failure?.kind}: ${failure?.reason}`;
  const hasPrototype = shapes.some(({ prototype }) => prototype !== null);
  const rows = shapes.map((shape) => [
    ...shapeCells(shape),
    ...(hasPrototype ? [rateCell(shape.prototype), ratioCell(shape.wholeToPrototype)] : []),
  ]);
  if (means !== null) rows.push([...meanCells(means), ...(hasPrototype ? ['', ''] : [])]);
  const header = hasPrototype ? [...SHAPE_HEADER, 'prototype', 'whole ÷ it'] : SHAPE_HEADER;
  return [
    `\n${title} A bare loop of fused multiply-adds: ${peak.toFixed(1)} GFLOP/s.`,
    openblas === null
      ? `OpenBLAS ${failure?.kind}: ${failure?.reason}`
      : `${openblas.config.trim()}, kernels ${openblas.core}, ${openblas.path}`,
    'packed: B packed beforehand. whole: packing of B included. ÷: by OpenBLAS, best (median of neighbours).\n',
    table(header, rows),
  ].join('\n');
}
