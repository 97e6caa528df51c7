import { describeArrowFile } from '@lockstep/arrow';
import { formatBytes, formatCount } from '@lockstep/core';
import { formatTable } from '../table.ts';
import type { Description } from './description.ts';

/** Schema, rows, record batches and bytes of an Arrow file, from its metadata alone. */
export async function describeArrow(file: string): Promise<Description> {
  const record = await describeArrowFile(file);
  const { bytes, rows, recordBatches, compression, columns } = record;
  const facts = [
    `Arrow file, ${formatCount(bytes)} bytes (${formatBytes(bytes)})`,
    `${formatCount(rows)} rows in ${formatCount(recordBatches)} record ${recordBatches === 1 ? 'batch' : 'batches'}`,
    `compression ${compression}${compression === 'none' ? '' : ': cannot be trained on; write it again without'}`,
  ];
  const table = formatTable(
    ['Column', 'Type', 'Nulls', 'Usable as'],
    columns.map(({ name, type, nullable, nullCount, numbers }) => [
      name,
      type,
      nullable ? formatCount(nullCount) : 'not nullable',
      numbers === null ? 'nothing' : usableAs(numbers),
    ]),
  );
  return { record, text: `${facts.join('\n')}\n\n${table}` };
}

function usableAs({ kind, perRow }: { readonly kind: string; readonly perRow: number }): string {
  if (perRow > 1) return `${formatCount(perRow)} features`;
  return kind.includes('int') ? 'feature, class or value' : 'feature or value';
}
