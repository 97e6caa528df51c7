/** One or several Parquet files of the same columns, as what is to be read of them. */
import { DiskFile } from '../../format/diskFile.ts';
import { requireSameSchema } from '../../layout/schema.ts';
import type { SchemaSummary } from '../../layout/schema.ts';
import { LockstepError } from '@lockstep/core/source';
import { place } from '../../format/errors.ts';
import { requireColumns } from '../columnChoice.ts';
import type { ColumnChoice } from '../columnChoice.ts';
import type { TableColumn } from '../table/columns.ts';
import { Vocabulary } from '../vocabulary.ts';
import { readFooter } from './footer.ts';
import type { ParquetFooter } from './footer.ts';
import { loadParquet } from './library.ts';
import type { ParquetLibrary } from './library.ts';
import { measureWidth } from './rowPieces.ts';
import { columnsOf, isRefused, refused } from './schema.ts';
import type { ParquetColumn, RefusedColumn } from './schema.ts';

export interface ParquetFile {
  readonly file: DiskFile;
  readonly footer: ParquetFooter;
}

/** A column that is converted; its vocabulary and the width of its lists hold for all files. */
export interface ChosenColumn {
  readonly column: ParquetColumn;
  readonly vocabulary: Vocabulary | null;
  readonly width: number;
}

export interface OpenParquet {
  readonly library: ParquetLibrary;
  readonly files: readonly ParquetFile[];
  readonly chosen: readonly ChosenColumn[];
  readonly columns: readonly TableColumn[];
  readonly rows: number;
  readonly bytes: number;
}

/** Opens the files for `use`, and closes them. Errors: those of the footer, COLUMN_TYPE, COLUMN_MISSING, INVALID_DATA. */
export async function withParquet<T>(
  paths: readonly string[],
  choice: ColumnChoice,
  use: (open: OpenParquet) => Promise<T>,
): Promise<T> {
  const library = await loadParquet();
  const files: ParquetFile[] = [];
  try {
    for (const path of paths) {
      const file = DiskFile.open(path, path);
      // At once, so that it is closed whatever comes.
      files.push({ file, footer: readOrClose(file, library) });
    }
    const chosen = choose(library, files, choice);
    const columns = chosen.map(({ column: { name, type, meaning }, vocabulary, width }): TableColumn => ({
      ...{ name, type, perRow: width, categories: vocabulary?.texts ?? null },
      ...(meaning === null || meaning.text === '' ? {} : { meaning: meaning.text }),
    }));
    const rows = files.reduce((sum, { footer }) => sum + footer.rows, 0);
    const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
    return await use({ library, files, chosen, columns, rows, bytes });
  } finally {
    for (const { file } of files) file.close();
  }
}

function readOrClose(file: DiskFile, library: ParquetLibrary): ParquetFooter {
  try {
    return readFooter(file, library);
  } catch (error) {
    file.close();
    throw error;
  }
}

function choose(library: ParquetLibrary, files: readonly ParquetFile[], choice: ColumnChoice): ChosenColumn[] {
  const [first] = files;
  const all = files.map(({ footer }) => columnsOf(footer));
  requireColumns(
    first.file.name,
    all[0].map(({ name }) => name),
    choice,
  );
  const schema = summarize(all[0], choice);
  all.forEach((columns, i) =>
    requireSameSchema(files[i].file.name, summarize(columns, choice), first.file.name, schema),
  );
  const wanted = all[0].filter(({ name }) => choice.isWanted(name));
  return wanted.map((column): ChosenColumn => {
    if (isRefused(column)) throw refused(first.file.name, column);
    const texts = choice.textsOf(column.name);
    if (texts !== null && column.type !== 'category') throw noTexts(first.file.name, column);
    const vocabulary = column.type === 'category' ? new Vocabulary(texts) : null;
    return { column, vocabulary, width: column.isList ? widthOf(library, files, column) : 1 };
  });
}

/** How pages store the numbers may differ from file to file. */
function summarize(columns: readonly (ParquetColumn | RefusedColumn)[], { isWanted }: ColumnChoice): SchemaSummary {
  return columns
    .filter(({ name }) => isWanted(name))
    .map((column) => {
      if (isRefused(column)) return { name: column.name, type: column.reason };
      const { name, type, meaning, isList } = column;
      const text = meaning === null || meaning.text === '' ? type : meaning.text;
      return { name, type: isList ? `list of ${text}` : text };
    });
}

function widthOf(library: ParquetLibrary, files: readonly ParquetFile[], column: ParquetColumn): number {
  for (const { file, footer } of files) {
    // Each file has its own place for the column among its leaves.
    const own = columnsOf(footer).find(({ name }) => name === column.name) as ParquetColumn;
    const width = measureWidth({ library, file, footer, column: own, vocabulary: null, width: 0 });
    if (width > 0) return width;
  }
  throw new LockstepError('INVALID_DATA', {
    place: place(files[0].file.name, `column ${JSON.stringify(column.name)}`),
    expected: 'a list of at least one number',
    received: 'nulls, or no row',
    advice: "Nothing says how long its lists are: leave it out (type 'skip').",
  });
}

function noTexts(file: string, { name, type }: ParquetColumn): LockstepError {
  return new LockstepError('COLUMN_TYPE', {
    place: place(file, `column ${JSON.stringify(name)}`),
    expected: 'a column of texts, as the option lists texts for it',
    received: type,
    advice: 'Leave the list out: integers can be classes as they are.',
  });
}
