import { duration, table } from '../harness/table.ts';
import type { StartupResult, StartupRow } from './run.ts';

export function printStartup({ firstStep, imports }: StartupResult): string {
  return [
    '\nFrom the start of the process to the end of the first training step, digits example\n',
    tableOf(firstStep),
    '\nImporting a package in a process that has started\n',
    tableOf(imports),
  ].join('\n');
}

function tableOf(rows: readonly StartupRow[]): string {
  const cells = rows.map(({ name, milliseconds, failure }) =>
    milliseconds === null
      ? [name, failure?.kind ?? 'failed', '']
      : [name, duration(milliseconds.min * 1e3), duration(milliseconds.median * 1e3)],
  );
  const reasons = rows.flatMap(({ name, failure }) =>
    failure === null ? [] : [`${name}: ${failure.kind}: ${failure.reason}`],
  );
  return [table(['what', 'min', 'median'], cells), ...reasons].join('\n');
}
