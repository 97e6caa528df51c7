import type { Spread } from '../harness/statistics.ts';
import { table } from '../harness/table.ts';
import type { GemmResult } from './run.ts';

export function printGemm({ peak, openblas, failure, shapes, means }: GemmResult): string {
  const title = 'Products, one thread: GFLOP/s, best (median).';
  if (shapes.length === 0) return `\n${title}\n${failure?.kind}: ${failure?.reason}`;
  const hasPrototype = shapes.some(({ prototype }) => prototype !== null);
  const rate = (value: Spread | null): string =>
    value === null ? '–' : `${value.min.toFixed(1)} (${value.median.toFixed(1)})`;
  const ratio = (value: { best: number; paired: number } | null): string =>
    value === null ? '–' : `${value.best.toFixed(2)} (${value.paired.toFixed(2)})`;
  const rows = shapes.map((shape) => [
    shape.name,
    rate(shape.packed),
    rate(shape.whole),
    rate(shape.blas),
    ratio(shape.packedToBlas),
    ratio(shape.wholeToBlas),
    ratio(shape.packedInStep ? shape.packedToBlas : shape.wholeToBlas),
    shape.packedToPeak.toFixed(2),
    ...(hasPrototype ? [rate(shape.prototype), ratio(shape.wholeToPrototype)] : []),
  ]);
  if (means !== null) {
    const filler = hasPrototype ? ['', ''] : [];
    const cells = [ratio(means.packed), ratio(means.whole), ratio(means.inStep), '', ...filler];
    rows.push(['geometric mean', '', '', '', ...cells]);
  }
  const header = ['m×n×k', 'packed', 'whole', 'OpenBLAS', 'packed ÷', 'whole ÷', 'as in a step ÷', 'packed ÷ peak'];
  if (hasPrototype) header.push('prototype', 'whole ÷ it');
  return [
    `\n${title} A bare loop of fused multiply-adds: ${peak.toFixed(1)} GFLOP/s.`,
    openblas === null
      ? `OpenBLAS ${failure?.kind}: ${failure?.reason}`
      : `${openblas.config.trim()}, kernels ${openblas.core}, ${openblas.path}`,
    'packed: B packed beforehand. whole: packing of B included. ÷: by OpenBLAS, best (median of neighbours).\n',
    table(header, rows),
  ].join('\n');
}
