import { table } from '../harness/table.ts';
import type { AllocationRow, MemoryResult } from './run.ts';

export function printMemory({ cases, allocations }: MemoryResult): string {
  const labels = cases[0]?.rows.map(({ label }) => label) ?? [];
  const rows = labels.map((label, index) => [
    label,
    ...cases.map(({ rows: list }) => {
      const { peakRss, failure } = list[index];
      return peakRss === null ? (failure?.kind ?? 'failed') : mebibytes(peakRss);
    }),
  ]);
  rows.push(['(the data itself)', ...cases.map(({ dataBytes }) => mebibytes(dataBytes))]);
  const header = ['least peak of a process', ...cases.map(({ name }) => name)];
  const cells = allocations.map((row) => [row.name, String(row.workers), ...allocationCells(row)]);
  const reasons = allocations.flatMap(({ name, workers, failure }) =>
    failure === null ? [] : [`${name}, ${workers}: ${failure.kind}: ${failure.reason}`],
  );
  return [
    '\nMemory\n',
    table(header, rows),
    '\nBytes allocated in a step, Lockstep\n',
    table(['case', 'workers', "caller's thread", 'worker and loader threads'], cells),
    ...reasons,
  ].join('\n');
}

/** Of the caller's thread, and the most of the others. */
export function allocationCells({ answer, failure }: AllocationRow): [string, string] {
  if (answer === null) return [failure?.kind ?? 'failed', ''];
  const [own, ...others] = answer.bytesPerStep.map((bytes) => bytes.toFixed(2));
  return [own, others.length === 0 ? 'none started' : others.join(' ')];
}

export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
