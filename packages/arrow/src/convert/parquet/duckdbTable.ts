/** Parquet files as a table, by DuckDB: a query a file, its rows in their order, in chunks as they come. */
import { resolve } from 'node:path';
import { LockstepError } from '@lockstep/core/source';
import { DiskFile } from '../../format/diskFile.ts';
import { invalidFile, place } from '../../format/errors.ts';
import type { Progress } from '../progress.ts';
import type { TableBlock, TableSource } from '../table/columns.ts';
import { openDuckDB, quoted, quotedName } from './duckdb.ts';
import type { DuckConnection, DuckDB, DuckResult, OpenDuckDB } from './duckdb.ts';
import { DuckColumn, isExact } from './duckdbColumns.ts';
import type { ParquetFooter } from './footer.ts';
import { ListRefused } from './listRows.ts';
import type { OpenParquet, ParquetFile } from './openParquet.ts';
import { listRefused, textRefused } from './rowErrors.ts';
import { TextRefused } from './values.ts';

/** Rows of a chunk at most, which DuckDB calls its vector size. */
const CHUNK_ROWS = 2048;

/** The first column that DuckDB would give other values of than the file has, or null where all are exact. Errors: FILE_INVALID. */
export async function inexactColumn(duckdb: DuckDB, open: OpenParquet): Promise<string | null> {
  const opened = await openFiles(duckdb, open);
  try {
    for (const { file, footer } of open.files) {
      const query = `${queryOf(open, file.name)} LIMIT 0`;
      const result = await opened.connection.stream(query).catch((error: unknown) => {
        throw typedError(error, file.name, footer, 0, '', open);
      });
      const column = open.chosen.find((chosen, i) => !isExact(chosen.column, String(result.columnType(i))));
      if (column !== undefined) return column.column.name;
    }
    return null;
  } finally {
    opened.close();
  }
}

export function duckdbTable(duckdb: DuckDB, open: OpenParquet, progress: Progress): TableSource {
  const { columns, files, rows, bytes } = open;
  async function* blocks(): AsyncGenerator<TableBlock> {
    const opened = await openFiles(duckdb, open);
    try {
      let done = 0;
      for (const file of files) {
        for await (const block of rowsOf(opened.connection, open, file)) {
          yield block;
          done += block.rows;
          progress.read(Math.round((bytes * done) / rows), bytes);
        }
        // Opened anew, as DuckDB did by itself: another file may have taken its name.
        DiskFile.reopen(file.file.layout).close();
      }
    } finally {
      opened.close();
    }
  }
  return { columns, blocks };
}

function openFiles(duckdb: DuckDB, { files }: OpenParquet): Promise<OpenDuckDB> {
  return openDuckDB(
    duckdb,
    files.map(({ file }) => resolve(file.name)),
  );
}

function queryOf({ chosen }: OpenParquet, path: string): string {
  const names = chosen.map(({ column }) => quotedName(column.name)).join(', ');
  return `SELECT ${names} FROM read_parquet(${quoted(resolve(path))}, hive_partitioning = false)`;
}

async function* rowsOf(
  connection: DuckConnection,
  open: OpenParquet,
  { file, footer }: ParquetFile,
): AsyncGenerator<TableBlock> {
  const readers = open.chosen.map((column) => new DuckColumn(column, CHUNK_ROWS));
  let row = 0;
  let reading = '';
  try {
    const result: DuckResult = await connection.stream(queryOf(open, file.name));
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      const { rowCount } = chunk;
      for (const [i, reader] of readers.entries()) {
        reading = open.chosen[i].column.name;
        reader.read(chunk.getColumnVector(i), rowCount);
      }
      yield { rows: rowCount, columns: readers, lines: null };
      row += rowCount;
    }
  } catch (error) {
    throw typedError(error, file.name, footer, row, reading, open);
  }
  if (row === footer.rows) return;
  throw invalidFile({ place: file.name, expected: `${footer.rows} rows, as its footer says`, received: `${row}` });
}

function typedError(
  error: unknown,
  name: string,
  { rowGroups }: ParquetFooter,
  row: number,
  column: string,
  { chosen }: OpenParquet,
): unknown {
  if (error instanceof LockstepError) return error;
  let end = 0;
  const group = rowGroups.findIndex(({ rows }) => (end += rows) > row);
  const where = place(name, `row group ${Math.max(0, group)}`);
  const reading = chosen.find((one) => one.column.name === column);
  if (error instanceof ListRefused) {
    const at = place(where, `column ${JSON.stringify(column)}`);
    return listRefused(at, row + error.row, reading!.width, error.received);
  }
  if (error instanceof TextRefused) return textRefused(where, column, row + error.index, error, reading!.vocabulary!);
  // Which column it was DuckDB may say in its message.
  const received = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').slice(0, 300);
  return invalidFile({ place: where, expected: 'pages that DuckDB can read', received, cause: error });
}
