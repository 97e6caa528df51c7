/** Rows of a CSV file, scanned piece by piece in the memory of a few rows of the largest size. */
import { LockstepError } from '@lockstep/core/source';
import { invalidFile } from '../../format/errors.ts';
import { keyOfField } from './columnReaders.ts';
import { CsvScanner, FAULT, LARGEST_ROW, MOST_COLUMNS } from './scanner.ts';

/** Bytes that are waited for before they are scanned: tables of small scans cost more than their fields. */
const SCAN_BYTES = 2 ** 17;

export interface ScannedRows {
  /** Where the scanner's fields lie, until the next rows are asked for. */
  readonly bytes: Buffer;
  readonly scanner: CsvScanner;
}

export interface ScanOptions {
  /** The file, for messages. */
  readonly name: string;
  readonly separator: number;
  readonly header: boolean;
  /** Called with the names of the columns before any row comes. */
  readonly onColumns: (names: readonly string[]) => void;
  /** For tests. */
  readonly scanBytes?: number;
}

/** FILE_INVALID where rows cannot be told apart any more, or there is no row of names. */
export async function* scanFile(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ScanOptions,
): AsyncGenerator<ScannedRows> {
  const scan = new FileScan(options);
  const { scanBytes = SCAN_BYTES } = options;
  let wanted = scanBytes;
  for await (const piece of pieces) {
    scan.take(piece);
    if (scan.waiting < wanted) continue;
    yield* scan.rows(false);
    // A long row is begun again each time: never for a few bytes more.
    wanted = scan.waiting + scanBytes;
  }
  yield* scan.rows(true);
  if (!scan.hasColumns) {
    throw invalidFile({
      place: `${options.name}, line 1`,
      expected: options.header ? 'a row with the names of the columns' : 'rows',
      received: 'an empty file',
      advice: 'Check that it is the right file.',
    });
  }
}

class FileScan {
  readonly #options: ScanOptions;
  #buffer: Buffer = Buffer.allocUnsafe(4 * SCAN_BYTES);
  #from = 0;
  #to = 0;
  #begun = false;
  #scanner: CsvScanner | null = null;

  constructor(options: ScanOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#to - this.#from;
  }

  get hasColumns(): boolean {
    return this.#scanner !== null;
  }

  take(piece: Uint8Array): void {
    if (this.#to + piece.length > this.#buffer.length) {
      const needed = this.waiting + piece.length;
      const target = needed > this.#buffer.length ? Buffer.allocUnsafe(2 * needed) : this.#buffer;
      this.#buffer.copy(target, 0, this.#from, this.#to);
      this.#buffer = target;
      this.#to -= this.#from;
      this.#from = 0;
    }
    this.#buffer.set(piece, this.#to);
    this.#to += piece.length;
  }

  /** All whole rows that have come. */
  *rows(final: boolean): Generator<ScannedRows> {
    if (!this.#begun && !final && this.waiting < 3) return;
    if (!this.#begun) this.#skipMark();
    this.#scanner ??= this.#readColumns(final);
    const scanner = this.#scanner;
    if (scanner === null) return;
    for (;;) {
      const before = this.#from;
      this.#from = scanner.scan(this.#buffer, before, this.#to, final);
      if (scanner.rows > 0) yield { bytes: this.#buffer, scanner };
      this.#requireWhole(scanner);
      if (this.#from === before) return;
    }
  }

  #skipMark(): void {
    this.#begun = true;
    const buffer = this.#buffer;
    const [first, second, third] = buffer.subarray(this.#from, this.#to);
    if (first === 0xef && second === 0xbb && third === 0xbf) this.#from += 3;
    if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
      throw invalidFile({
        place: `${this.#options.name}, byte 0`,
        expected: 'text in UTF-8',
        received: 'the mark of UTF-16',
        advice: 'Save it as UTF-8: iconv -f UTF-16 -t UTF-8.',
      });
    }
  }

  /** From the first row: the names, or how many columns there are. Null when the row is not whole. */
  #readColumns(final: boolean): CsvScanner | null {
    const { name, separator, header, onColumns } = this.#options;
    const first = new CsvScanner(MOST_COLUMNS, separator, 1, 1);
    const next = first.scan(this.#buffer, this.#from, this.#to, final);
    this.#requireWhole(first);
    if (first.rows === 0) return null;
    const [count, line] = [first.counts[0], first.lines[0]];
    const place = `${name}, line ${line}`;
    if (count > MOST_COLUMNS) {
      const advice = 'Convert such data from NPY, where a row is one list.';
      throw invalidFile({ place, expected: `${MOST_COLUMNS} columns at most`, received: String(count), advice });
    }
    if (first.faults[0] !== FAULT.none && first.faults[0] !== FAULT.count) {
      throw invalidFile({ place, expected: 'a first row in order', received: describeFault(first, 0), advice: QUOTES });
    }
    const names = Array.from({ length: count }, (_, field) => {
      const text = header
        ? Buffer.from(keyOfField(this.#buffer, first, field), 'latin1')
            .toString('utf8')
            .trim()
        : '';
      return text === '' ? `column${field + 1}` : text;
    });
    const seen = new Set<string>();
    const twice = names.find((text) => seen.size === seen.add(text).size);
    if (twice !== undefined) {
      throw new LockstepError('COLUMN_MISSING', {
        place,
        expected: 'a name of its own for each column',
        received: `${JSON.stringify(shorten(twice))} twice`,
        advice: 'Rename one. Does the file begin with values? Then say that it has no header.',
      });
    }
    onColumns(names);
    if (header) this.#from = next;
    return new CsvScanner(count, separator, header ? first.line : 1);
  }

  #requireWhole({ breakdown }: CsvScanner): void {
    if (breakdown === null) return;
    const place = `${this.#options.name}, line ${breakdown.line}`;
    if (breakdown.kind === 'openQuote') {
      const expected = 'a closing quote of the row that begins here';
      throw invalidFile({ place, expected, received: 'the end of the file', advice: QUOTES });
    }
    const expected = `rows of at most ${LARGEST_ROW} bytes`;
    const advice = `Is a quote not closed, or is the end of lines not a line feed? ${QUOTES}`;
    throw invalidFile({ place, expected, received: 'a longer one', advice });
  }
}

export const QUOTES =
  'A field with a quote, a separator or a line end in it stands in quotes, and quotes in it are doubled.';

/** What is wrong with a row's form. */
export function describeFault({ faults, counts }: CsvScanner, row: number): string {
  switch (faults[row]) {
    case FAULT.count:
      return `${counts[row]} ${counts[row] === 1 ? 'field' : 'fields'}`;
    case FAULT.quote:
      return 'a quote inside a field that does not begin with one';
    case FAULT.afterQuote:
      return 'text behind a closing quote';
    default:
      return 'a carriage return without a line feed';
  }
}

export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
