/** Parquet files of other programs, and folders that were made of them, for tests. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { convertParquet } from '@lockstep/arrow';
import type { ConvertParquetOptions, TableIndex } from '@lockstep/arrow';
import { tableFromIPC } from 'apache-arrow';

/** undefined where it is not installed: it is an optional dependency, as it is for users. */
export async function connectDuckDB(): Promise<DuckDBConnection | undefined> {
  const duckdb = await import('@duckdb/node-api').catch(() => undefined);
  if (duckdb === undefined) return undefined;
  const instance = await duckdb.DuckDBInstance.create(':memory:', { threads: '1' });
  return instance.connect();
}

/** Every file of a folder, byte for byte. */
export function contentOf(folder: string): Record<string, string> {
  const names = readdirSync(folder).toSorted();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'base64')]));
}

/** Rows as apache-arrow reads them from the parts, a list of values a column. */
export function columnsOf(folder: string): Record<string, unknown[]> {
  const parts = readdirSync(folder).filter((name) => name.endsWith('.arrow'));
  const columns: Record<string, unknown[]> = {};
  for (const part of parts.toSorted()) {
    const table = tableFromIPC(readFileSync(join(folder, part)));
    for (const { name } of table.schema.fields) {
      const values = [...table.getChild(name)!].map((value: unknown) => plain(value));
      (columns[name] ??= []).push(...values);
    }
  }
  return columns;
}

function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? [...(value as Iterable<unknown>)] : value;
}

/** Converts by both readers, or by hyparquet alone where there is no DuckDB; the folders have to be the same. */
export async function convertByBoth(
  files: string | readonly string[],
  folder: string,
  hasDuckDB: boolean,
  options: ConvertParquetOptions = {},
): Promise<{ index: TableIndex; same: boolean }> {
  const index = await convertParquet(files, `${folder}-hyparquet`, { ...options, reader: 'hyparquet' });
  if (!hasDuckDB) return { index, same: true };
  await convertParquet(files, `${folder}-duckdb`, { ...options, reader: 'duckdb' });
  const [one, other] = [contentOf(`${folder}-hyparquet`), contentOf(`${folder}-duckdb`)];
  return { index, same: JSON.stringify(one) === JSON.stringify(other) };
}
