import { duration, table } from '../harness/table.ts';
import type { ScalingResult } from './run.ts';

export function printScaling(results: readonly ScalingResult[]): string {
  const header = ['workers', 'batch', 'step, min', 'median', 'speed-up, min', 'median', 'GFLOP/s', 'peak', '÷ peak'];
  const texts = results.map(({ name, kind, rows }) => {
    const cells = rows.map((row) => {
      if (row.microseconds === null)
        return [`${row.workers}`, row.failure?.kind ?? 'failed', '', '', '', '', '', '', ''];
      const { min, median } = row.microseconds;
      const speedUp = [row.speedUp?.min, row.speedUp?.median].map((value) => value?.toFixed(2) ?? '–');
      const rates = [row.gflops.toFixed(1), row.peak.toFixed(1), row.toPeak.toFixed(2)];
      return [`${row.workers}`, `${row.batchSize}`, duration(min), duration(median), ...speedUp, ...rates];
    });
    const reasons = rows.flatMap(({ workers, failure }) =>
      failure === null ? [] : [`${workers} workers: ${failure.kind}: ${failure.reason}`],
    );
    return [`${kind === 'strong' ? 'Strong' : 'Weak'} scaling, ${name}\n`, table(header, cells), ...reasons].join('\n');
  });
  return `\nScaling. peak: bare loops of fused multiply-adds on so many threads at the same time, GFLOP/s\n\n${texts.join('\n\n')}`;
}
