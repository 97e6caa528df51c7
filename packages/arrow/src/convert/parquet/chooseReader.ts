/** By what a Parquet file is read: DuckDB is faster, hyparquet is always there. */
import { LockstepError } from '@lockstep/core/source';
import { place } from '../../format/errors.ts';
import type { Progress } from '../progress.ts';
import type { TableSource } from '../table/columns.ts';
import { importDuckDB } from './duckdb.ts';
import type { DuckDB } from './duckdb.ts';
import { duckdbTable, inexactColumn } from './duckdbTable.ts';
import type { OpenParquet } from './openParquet.ts';
import { parquetTable } from './parquetTable.ts';

export type ParquetReader = 'auto' | 'duckdb' | 'hyparquet';

export const PARQUET_READERS: readonly ParquetReader[] = ['auto', 'duckdb', 'hyparquet'];

/** UNSUPPORTED where DuckDB was asked for and is not there, or would change a column. */
export async function chooseReader(
  reader: ParquetReader,
  open: OpenParquet,
  progress: Progress,
  load: () => Promise<DuckDB | undefined> = importDuckDB,
): Promise<TableSource> {
  if (reader === 'hyparquet') return parquetTable(open, progress);
  const isAuto = reader === 'auto';
  const duckdb = await load();
  if (duckdb === undefined) {
    if (isAuto) return parquetTable(open, progress);
    throw new LockstepError('UNSUPPORTED', {
      place: open.files[0].file.name,
      expected: '@duckdb/node-api, to read it by DuckDB',
      received: 'no such package',
      advice: "Install it (npm install @duckdb/node-api), or read by hyparquet: reader 'hyparquet' or 'auto'.",
    });
  }
  // DuckDB takes names with these for patterns.
  const pattern = open.files.find(({ file }) => /[*?[\]{}]/.test(file.name));
  if (pattern !== undefined && isAuto) return parquetTable(open, progress);
  if (pattern !== undefined) throw byHyparquet(pattern.file.name, 'a name without * ? [ ] { }', pattern.file.name);
  const column = await inexactColumn(duckdb, open).catch((error: unknown) => {
    // What is wrong with the file is told better by the other one.
    if (isAuto) return '';
    throw error;
  });
  if (column === null) return duckdbTable(duckdb, open, progress);
  if (isAuto) return parquetTable(open, progress);
  const where = place(open.files[0].file.name, `column ${JSON.stringify(column)}`);
  throw byHyparquet(where, 'a type that DuckDB reads without a change', 'another');
}

function byHyparquet(where: string, expected: string, received: string): LockstepError {
  const advice = "Read it by hyparquet: reader 'hyparquet' or 'auto'.";
  return new LockstepError('UNSUPPORTED', { place: where, expected, received, advice });
}
