/** Files of one dataset must agree on their columns. */
import { LockstepError } from '@lockstep/core/source';
import { place } from '../format/errors.ts';
import type { ArrowField } from '../format/metadata.ts';

/** Name and type of each column; nullability and custom metadata may differ between files. */
export type SchemaSummary = readonly { readonly name: string; readonly type: string }[];

/** `coded`: whether a column holds the codes of texts that the index of its folder knows. */
export function summarizeSchema(fields: readonly ArrowField[], coded: (name: string) => boolean): SchemaSummary {
  return fields.map(({ name, typeName }) => ({ name, type: coded(name) ? `${typeName}, codes of texts` : typeName }));
}

/** COLUMN_MISSING or COLUMN_TYPE at the first column in which `file` differs from the first file. */
export function requireSameSchema(file: string, schema: SchemaSummary, first: string, expected: SchemaSummary): void {
  const count = Math.max(schema.length, expected.length);
  for (let i = 0; i < count; i++) {
    const here = schema[i];
    const there = expected[i];
    if (here?.name === there?.name && here?.type === there?.type) continue;
    throw new LockstepError(here !== undefined && here.name === there?.name ? 'COLUMN_TYPE' : 'COLUMN_MISSING', {
      place: place(file, `column ${i + 1}`),
      expected: `${describe(there)}, as in ${first}`,
      received: describe(here),
      advice: 'All files of a dataset need the same columns in the same order: fix the pattern, or write them again.',
    });
  }
}

function describe(column: SchemaSummary[number] | undefined): string {
  return column === undefined ? 'no column' : `${JSON.stringify(column.name)} of type ${column.type}`;
}
