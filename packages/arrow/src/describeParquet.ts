import { readFooter } from './convert/parquet/footer.ts';
import { loadParquet } from './convert/parquet/library.ts';
import { columnsOf, isRefused } from './convert/parquet/schema.ts';
import type { ColumnType } from './convert/table/columns.ts';
import { DiskFile } from './format/diskFile.ts';

export interface ParquetColumnDescription {
  readonly name: string;
  /** What `convertParquet` would make of it; null where it refuses the column. */
  readonly type: ColumnType | null;
  readonly isList: boolean;
  /** What its numbers mean where the type does not say it, as `timestamp in µs`; or why it is refused. Null elsewhere. */
  readonly meaning: string | null;
}

export interface ParquetFileDescription {
  readonly path: string;
  readonly bytes: number;
  readonly rows: number;
  readonly rowGroups: number;
  /** Of all columns, as `SNAPPY`. */
  readonly codecs: readonly string[];
  /** The program that wrote the file, where it says so. */
  readonly createdBy: string | null;
  readonly columns: readonly ParquetColumnDescription[];
}

/** What a Parquet file holds, from its footer alone. Errors: FILE_NOT_FOUND, FILE_INVALID, UNSUPPORTED. */
export async function describeParquetFile(path: string): Promise<ParquetFileDescription> {
  const library = await loadParquet();
  const file = DiskFile.open(path);
  try {
    const footer = readFooter(file, library);
    const columns = columnsOf(footer).map((column): ParquetColumnDescription => {
      const { name } = column;
      if (isRefused(column)) return { name, type: null, isList: false, meaning: column.reason };
      const text = column.meaning?.text ?? '';
      return { name, type: column.type, isList: column.isList, meaning: text === '' ? null : text };
    });
    const codecs = new Set(footer.rowGroups.flatMap(({ chunks }) => chunks.map(({ codec }) => codec)));
    return {
      ...{ path, bytes: file.size, rows: footer.rows, rowGroups: footer.rowGroups.length },
      ...{ codecs: [...codecs], createdBy: footer.createdBy ?? null, columns },
    };
  } finally {
    file.close();
  }
}
