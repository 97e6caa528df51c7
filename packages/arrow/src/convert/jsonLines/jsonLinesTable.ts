import { LockstepError } from '@lockstep/core/source';
import { invalidFile } from '../../format/errors.ts';
import type { CheckedCsvOptions } from '../csv/options.ts';
import { shorten } from '../csv/scanFile.ts';
import { MOST_COLUMNS } from '../csv/scanner.ts';
import { BadRows, SKIP } from '../skippedRows.ts';
import type { BadRow, SkippedRows } from '../skippedRows.ts';
import { describeType } from '../table/columns.ts';
import type { TableBlock, TableColumn, TableSource } from '../table/columns.ts';
import type { TextInput } from '../textInput.ts';
import { tooManyCategories } from '../vocabulary.ts';
import { JsonColumn, JsonTraits } from './columns.ts';
import { linesOf } from './lines.ts';

const SAMPLE_ROWS = 10_000;
const SAMPLE_BYTES = 4 * 2 ** 20;
/** Numbers of a block, about. */
const BLOCK_VALUES = 2 ** 18;

type Options = Pick<CheckedCsvOptions, 'types' | 'skipsBadRows'>;

/** JSON lines (one object a line, UTF-8) as a table. Its columns are the names that stand in the first objects. */
export class JsonLinesTable implements TableSource {
  readonly columns: readonly TableColumn[];
  readonly sampleRows: number;
  readonly #input: TextInput;
  readonly #known: ReadonlySet<string>;
  readonly #columns: readonly JsonColumn[];
  readonly #blockRows: number;
  readonly #badRows: BadRows;

  private constructor(
    input: TextInput,
    { types, skipsBadRows }: Options,
    traits: Map<string, JsonTraits>,
    rows: number,
  ) {
    this.#input = input;
    this.sampleRows = rows;
    this.#known = new Set(traits.keys());
    this.#badRows = new BadRows(input.name, skipsBadRows);
    const widths = new Map([...traits].map(([name, { width }]) => [name, width ?? 1]));
    const values = [...widths.values()].reduce((sum, width) => sum + width, 0);
    this.#blockRows = Math.max(1, Math.min(4096, Math.floor(BLOCK_VALUES / values)));
    this.#columns = [...traits].flatMap(([name, trait]) => {
      const asked = types.get(name) ?? trait.type();
      if (asked === 'skip') return [];
      const width = widths.get(name)!;
      if (asked === null || width === 0) throw noType(input.name, name);
      const isText = typeof asked !== 'string';
      return [new JsonColumn(name, isText ? 'category' : asked, width, this.#blockRows, isText ? asked : null)];
    });
    if (this.#columns.length === 0) {
      const advice = 'JSON lines have one object a line.';
      throw invalidFile({ place: `${input.name}, line 1`, expected: 'a column', received: 'none', advice });
    }
    this.columns = this.#columns.map(({ name, type, perRow, vocabulary }) => {
      return { name, type, perRow, categories: vocabulary?.texts ?? null };
    });
  }

  /** Reads the first objects. Errors: FILE_NOT_FOUND, FILE_INVALID, COLUMN_TYPE, COLUMN_MISSING. */
  static async open(input: TextInput, options: Options): Promise<JsonLinesTable> {
    const { traits, rows } = await readSample(input);
    for (const name of options.types.keys()) {
      if (traits.has(name)) continue;
      const place = `${input.name}, column ${JSON.stringify(name)}`;
      const expected = `one of ${shorten([...traits.keys()].join(', '))}`;
      const advice = `Names come from the first ${rows} objects.`;
      throw new LockstepError('COLUMN_MISSING', { place, expected, received: 'no such column', advice });
    }
    return new JsonLinesTable(input, options, traits, rows);
  }

  get skipped(): SkippedRows {
    return this.#badRows.skipped;
  }

  async *blocks(): AsyncGenerator<TableBlock> {
    const lineNumbers = new Float64Array(this.#blockRows);
    const columns = this.#columns;
    let rows = 0;
    for await (const { first, lines } of linesOf(this.#input)) {
      for (const [i, line] of lines.entries()) {
        const bad = this.#readRow(line, rows, first + i);
        if (bad === 'empty') continue;
        if (bad !== null) {
          this.#badRows.add(bad, `Correct the line, or ${SKIP}`);
          continue;
        }
        lineNumbers[rows++] = first + i;
        if (rows < this.#blockRows) continue;
        yield { rows, columns, lines: lineNumbers };
        rows = 0;
      }
    }
    if (rows > 0) yield { rows, columns, lines: lineNumbers };
  }

  #readRow(bytes: Buffer, at: number, line: number): BadRow | 'empty' | null {
    const { row, fault } = parseLine(bytes);
    if (row === undefined) {
      return fault === null ? 'empty' : { line, column: null, expected: 'an object of JSON in UTF-8', received: fault };
    }
    const stray = Object.keys(row).find((name) => !this.#known.has(name));
    if (stray !== undefined) {
      const expected = `names of the first ${this.sampleRows} objects`;
      return { line, column: shorten(stray), expected, received: 'another one' };
    }
    for (const column of this.#columns) {
      // What every object inherits is no value of this one.
      const value: unknown = Object.hasOwn(row, column.name) ? row[column.name] : null;
      if (column.set(at, value)) continue;
      const { name, type, perRow, refused, vocabulary } = column;
      if (refused === 'tooMany') throw tooManyCategories(`${this.#input.name}, line ${line}`, name);
      const one = refused === 'notListed' ? `one of the ${vocabulary!.texts.length} texts listed` : describeType(type);
      const expected = perRow === 1 ? one : `a list of ${perRow}, each ${one}`;
      return { line, column: name, expected, received: shorten(JSON.stringify(value)) };
    }
    return null;
  }
}

interface Sample {
  readonly traits: Map<string, JsonTraits>;
  readonly rows: number;
}

async function readSample(input: TextInput): Promise<Sample> {
  const traits = new Map<string, JsonTraits>();
  let rows = 0;
  let bytes = 0;
  for await (const { lines } of linesOf(input)) {
    for (const line of lines) {
      const { row } = parseLine(line);
      if (row === undefined) continue;
      for (const [name, value] of Object.entries(row)) {
        const trait = traits.get(name) ?? new JsonTraits();
        traits.set(name, trait);
        trait.add(value);
      }
      if (traits.size > MOST_COLUMNS) {
        const advice = 'Put numbers that belong together into lists.';
        const expected = `${MOST_COLUMNS} columns at most`;
        throw invalidFile({ place: input.name, expected, received: String(traits.size), advice });
      }
      rows++;
      bytes += line.length;
      if (rows === SAMPLE_ROWS || bytes >= SAMPLE_BYTES) return { traits, rows };
    }
  }
  return { traits, rows };
}

interface ParsedLine {
  readonly row?: Readonly<Record<string, unknown>>;
  /** Null for an empty line. */
  readonly fault: string | null;
}

const DECODER = new TextDecoder('utf-8', { fatal: true });

function parseLine(bytes: Buffer): ParsedLine {
  let value: unknown;
  try {
    const text = DECODER.decode(bytes).trim();
    if (text === '') return { fault: null };
    value = JSON.parse(text);
  } catch (error) {
    return { fault: shorten((error as Error).message) };
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return { row: value as Readonly<Record<string, unknown>>, fault: null };
  }
  return { fault: shorten(JSON.stringify(value)) };
}

function noType(file: string, name: string): LockstepError {
  return new LockstepError('COLUMN_TYPE', {
    place: `${file}, column ${JSON.stringify(shorten(name))}`,
    expected: 'numbers, texts, truth values or lists of numbers, of one kind in all objects',
    received: 'objects, empty lists, or values of several kinds',
    advice: `Leave it out (type 'skip'), or give it a type and leave the other rows out (onBadRow: 'skip').`,
  });
}
