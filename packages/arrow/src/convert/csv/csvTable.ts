import { LockstepError } from '@lockstep/core/source';
import { changedFile } from '../../format/errors.ts';
import { missingColumn } from '../../layout/missingColumn.ts';
import { BadRows, SKIP } from '../skippedRows.ts';
import type { SkippedRows } from '../skippedRows.ts';
import { describeType } from '../table/columns.ts';
import type { ColumnType, TableBlock, TableColumn, TableSource } from '../table/columns.ts';
import type { TextInput } from '../textInput.ts';
import { tooManyCategories } from '../vocabulary.ts';
import { ColumnReader, keyOfField } from './columnReaders.ts';
import { TypeInference } from './infer.ts';
import type { CheckedCsvOptions } from './options.ts';
import { describeFault, QUOTES, scanFile, shorten } from './scanFile.ts';
import { FAULT } from './scanner.ts';
import type { CsvScanner } from './scanner.ts';

/** A CSV file as a table: its first rows say of which types its columns are, then all of it is read. */
export class CsvTable implements TableSource {
  readonly columns: readonly TableColumn[];
  /** Names of all columns of the file, those included that are not read. */
  readonly names: readonly string[];
  /** Rows that the types were inferred from. */
  readonly sampleRows: number;
  readonly #input: TextInput;
  readonly #options: CheckedCsvOptions;
  readonly #readers: readonly ColumnReader[];
  readonly #badRows: BadRows;

  private constructor(input: TextInput, options: CheckedCsvOptions, sample: Sample) {
    this.#input = input;
    this.#options = options;
    this.names = sample.names;
    this.sampleRows = sample.rows;
    this.#readers = sample.names.flatMap((name, field) => {
      const asked = options.types.get(name) ?? sample.types[field];
      if (asked === 'skip' || options.only?.has(name) === false) return [];
      if (typeof asked === 'string') return [new ColumnReader(name, asked, field, null)];
      return [new ColumnReader(name, 'category', field, asked)];
    });
    this.columns = this.#readers.map(({ name, type, vocabulary }) => {
      return { name, type, perRow: 1, categories: vocabulary?.texts ?? null };
    });
    this.#badRows = new BadRows(input.name, options.skipsBadRows);
    if (this.columns.length === 0) {
      const details = { place: input.name, expected: 'a column that is not skipped', received: 'none' };
      throw new LockstepError('INVALID_OPTION', { ...details, advice: 'Keep one.' });
    }
  }

  /** Reads the first rows. Errors: FILE_NOT_FOUND, FILE_INVALID, COLUMN_MISSING for a type of no column. */
  static async open(input: TextInput, options: CheckedCsvOptions): Promise<CsvTable> {
    const sample = await readSample(input, options);
    for (const name of options.types.keys()) {
      if (sample.names.includes(name)) continue;
      const where = `${input.name}, column ${JSON.stringify(name)}`;
      throw missingColumn(where, name, sample.names, shorten(sample.names.join(', ')));
    }
    return new CsvTable(input, options, sample);
  }

  /** What was left out so far. */
  get skipped(): SkippedRows {
    return this.#badRows.skipped;
  }

  async *blocks(): AsyncGenerator<TableBlock> {
    const { name, pieces, scanBytes } = this.#input;
    const { separator, header } = this.#options;
    const options = { name, separator, header, onColumns: () => {}, ...(scanBytes === undefined ? {} : { scanBytes }) };
    // Categories last: a row that is left out for another column must not bring a text of its own.
    const readers = this.#readers.toSorted((a, b) => Number(a.vocabulary !== null) - Number(b.vocabulary !== null));
    let bad = new Uint32Array(0);
    for await (const { bytes, scanner } of scanFile(pieces(), options)) {
      if (scanner.fields !== this.names.length) throw changed(name);
      if (bad.length < scanner.rows) bad = new Uint32Array(scanner.rows);
      bad.fill(0);
      readers.forEach((reader, index) => reader.read(bytes, scanner, bad, index));
      const rows = this.#leaveOut(bytes, scanner, readers, bad);
      if (rows > 0) yield { rows, columns: this.#readers, lines: scanner.lines };
    }
  }

  /** Closes the gaps of bad rows; returns how many rows are left. */
  #leaveOut(bytes: Buffer, scanner: CsvScanner, readers: readonly ColumnReader[], bad: Uint32Array): number {
    const { faults, rows, lines } = scanner;
    let kept = 0;
    for (let row = 0; row < rows; row++) {
      if (faults[row] === FAULT.none && bad[row] === 0) {
        if (kept < row) {
          for (const reader of readers) reader.move(row, kept);
          lines[kept] = lines[row];
        }
        kept++;
      } else if (faults[row] === FAULT.none) this.#addBadValue(bytes, scanner, row, readers[bad[row] - 1]);
      else {
        const expected =
          faults[row] === FAULT.count ? `${scanner.fields} fields, as the first row has` : 'a row in order';
        const received = describeFault(scanner, row);
        this.#badRows.add({ line: lines[row], column: null, expected, received }, `${QUOTES} ${SKIP}`);
      }
    }
    return kept;
  }

  #addBadValue(bytes: Buffer, scanner: CsvScanner, row: number, { name, type, field, vocabulary }: ColumnReader): void {
    const key = keyOfField(bytes, scanner, row * scanner.fields + field);
    const reason = vocabulary?.codeOf(key);
    const line = scanner.lines[row];
    if (reason === 'tooMany') throw tooManyCategories(`${this.#input.name}, line ${line}`, name);
    const received = JSON.stringify(shorten(Buffer.from(key, 'latin1').toString('utf8')));
    const expected =
      reason === 'notListed' ? `one of the ${vocabulary!.texts.length} texts listed` : describeType(type);
    this.#badRows.add(
      { line, column: name, expected, received },
      `Correct it, give the column another type, or ${SKIP}`,
    );
  }
}

function changed(name: string): LockstepError {
  return changedFile({ place: name, expected: 'the columns of its first reading', received: 'others' });
}

interface Sample {
  readonly names: readonly string[];
  readonly types: readonly ColumnType[];
  readonly rows: number;
}

async function readSample({ name, pieces, scanBytes }: TextInput, options: CheckedCsvOptions): Promise<Sample> {
  const { separator, header } = options;
  let names: readonly string[] = [];
  const onColumns = (found: readonly string[]): void => void (names = found);
  const scan = { name, separator, header, onColumns, ...(scanBytes === undefined ? {} : { scanBytes }) };
  let inference: TypeInference | null = null;
  for await (const { bytes, scanner } of scanFile(pieces(), scan)) {
    inference ??= new TypeInference(scanner.fields);
    inference.add(bytes, scanner);
    if (inference.isComplete) break;
  }
  return { names, types: inference?.result() ?? names.map(() => 'float32'), rows: inference?.rows ?? 0 };
}
