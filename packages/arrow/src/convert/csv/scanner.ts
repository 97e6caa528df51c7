/**
 * Finds the fields of comma-separated values (RFC 4180) in bytes, without looking at what they say. Bytes of UTF-8 never
 * look like a separator, a quote or the end of a line, so texts need no decoding here.
 */

/** Why a row cannot be used. */
export const FAULT = { none: 0, count: 1, quote: 2, afterQuote: 3, carriageReturn: 4 } as const;

/** How a field stands in the file: plain, within quotes, or within quotes and with doubled ones inside. */
export const QUOTING = { none: 0, quoted: 1, escaped: 2 } as const;

/** After which nothing can be told apart into rows any more. */
export interface Breakdown {
  readonly line: number;
  readonly kind: 'openQuote' | 'longRow';
}

/** Longest row, in bytes. */
export const LARGEST_ROW: number = 2 ** 20;
export const MOST_COLUMNS = 4096;

/** Fields that are scanned at once, at most; each takes 9 bytes. */
const TABLE_FIELDS = 2 ** 15;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;

export class CsvScanner {
  readonly fields: number;
  /** [rows, fields]: the bytes of each field, without its quotes. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly quoting: Uint8Array;
  /** [rows]: the line that each row begins in, from 1. */
  readonly lines: Float64Array;
  /** [rows]: a FAULT. */
  readonly faults: Uint8Array;
  /** [rows]: how many fields the row has. */
  readonly counts: Uint32Array;
  /** Rows of the last scan. */
  rows = 0;
  breakdown: Breakdown | null = null;
  readonly #capacity: number;
  readonly #separator: number;
  /** [256]: 1 for bytes that may end a field or should not stand in it. */
  readonly #special: Uint8Array = new Uint8Array(256);
  /** The largest of these bytes: most bytes of a file are above it. */
  readonly #largestSpecial: number;
  #line: number;

  constructor(fields: number, separator: number, line = 1, capacity?: number) {
    this.fields = fields;
    this.#capacity = capacity ?? Math.max(1, Math.floor(TABLE_FIELDS / fields));
    this.starts = new Uint32Array(this.#capacity * fields);
    this.ends = new Uint32Array(this.#capacity * fields);
    this.quoting = new Uint8Array(this.#capacity * fields);
    this.lines = new Float64Array(this.#capacity);
    this.faults = new Uint8Array(this.#capacity);
    this.counts = new Uint32Array(this.#capacity);
    this.#separator = separator;
    for (const byte of [separator, LINE_FEED, CARRIAGE_RETURN, QUOTE]) this.#special[byte] = 1;
    this.#largestSpecial = Math.max(separator, QUOTE);
    this.#line = line;
  }

  /** The line that the next row begins in. */
  get line(): number {
    return this.#line;
  }

  /**
   * Scans whole rows of bytes[from, to) and returns where the first one begins that is not whole, or has no room. `final`
   * says that nothing follows. Lines that are empty are no rows, unless there is only one column.
   */
  scan(bytes: Uint8Array, from: number, to: number, final: boolean): number {
    let at = from;
    this.rows = 0;
    while (this.rows < this.#capacity && at < to && this.breakdown === null) {
      if (this.fields > 1) {
        const behind = this.#skipEmptyLine(bytes, at, to);
        if (behind > at) {
          at = behind;
          continue;
        }
      }
      const line = this.#line;
      const end = this.#scanRow(bytes, at, to, final);
      // Whatever the pieces are that a file comes in, the same rows are too long.
      if ((end < 0 ? to : end) - at > LARGEST_ROW) this.breakdown = { line, kind: 'longRow' };
      else if (end < 0 && final) this.breakdown = { line, kind: 'openQuote' };
      else if (end >= 0) {
        this.lines[this.rows++] = line;
        at = end;
        continue;
      }
      this.#line = line;
      break;
    }
    return at;
  }

  #skipEmptyLine(bytes: Uint8Array, at: number, to: number): number {
    const feed = bytes[at] === CARRIAGE_RETURN && at + 1 < to ? at + 1 : at;
    if (bytes[feed] !== LINE_FEED) return at;
    this.#line++;
    return feed + 1;
  }

  /** Where the row that begins at `start` has ended, or -1 when it is not whole. */
  #scanRow(bytes: Uint8Array, start: number, to: number, final: boolean): number {
    const { fields, starts, ends, quoting, rows } = this;
    const separator = this.#separator;
    const special = this.#special;
    const largest = this.#largestSpecial;
    const base = rows * fields;
    let fault: number = FAULT.none;
    let field = 0;
    let at = start;
    for (;;) {
      let begin = at;
      let end: number;
      let kind: number = QUOTING.none;
      if (at < to && bytes[at] === QUOTE) {
        begin = ++at;
        kind = QUOTING.quoted;
        for (;;) {
          while (at < to && bytes[at] !== QUOTE) if (bytes[at++] === LINE_FEED) this.#line++;
          // A quote at the very end may be the first of two.
          if (at >= to || (at + 1 >= to && !final)) return -1;
          if (at + 1 >= to || bytes[at + 1] !== QUOTE) break;
          kind = QUOTING.escaped;
          at += 2;
        }
        end = at++;
        if (at < to && (special[bytes[at]] === 0 || bytes[at] === QUOTE)) {
          fault = FAULT.afterQuote;
          while (at < to && (special[bytes[at]] === 0 || bytes[at] === QUOTE)) at++;
        }
      } else {
        while (at < to && (bytes[at] > largest || special[bytes[at]] === 0)) at++;
        while (at < to && bytes[at] === QUOTE) {
          fault = FAULT.quote;
          while (at < to && (special[bytes[at]] === 0 || bytes[at] === QUOTE)) at++;
        }
        end = at;
      }
      if (field < fields) {
        starts[base + field] = begin;
        ends[base + field] = end;
        quoting[base + field] = kind;
      }
      field++;
      if (at >= to) {
        if (!final) return -1;
        break;
      }
      const byte = bytes[at];
      if (byte === separator) {
        at++;
        continue;
      }
      if (byte === CARRIAGE_RETURN) {
        if (at + 1 >= to && !final) return -1;
        if (at + 1 < to && bytes[at + 1] !== LINE_FEED) {
          // Not the end of the line, nor of the field.
          fault = FAULT.carriageReturn;
          field--;
          at++;
          continue;
        }
        at++;
      }
      if (at < to) at++;
      this.#line++;
      break;
    }
    if (fault === FAULT.none && field !== fields) fault = FAULT.count;
    this.faults[rows] = fault;
    this.counts[rows] = field;
    return at;
  }
}
