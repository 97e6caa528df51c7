import { readFileSync } from 'node:fs';

/** A table of text with a header line, from a file of comma-separated values. */
export interface Table {
  readonly rows: number;
  /** The numbers of a column; null where a field is empty. */
  numbers(column: string): (number | null)[];
  /** The texts of a column, none of them empty. */
  texts(column: string): string[];
}

/**
 * Reads a whole file. Fields are not quoted, and none is longer than its line. Errors say the file, the line and the column, what
 * was expected and what stands there.
 */
export function readCsv(path: string): Table {
  const lines = readFileSync(path, 'utf8').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length < 2) throw new Error(`${path}: expected a header and rows, received ${lines.length} lines.`);
  const [names, ...rows] = lines.map((line, index) => {
    if (line.includes('"')) throw new Error(`${path}:${index + 1}: expected fields without quotes, received ${line}`);
    return line.split(',');
  });
  const wrong = rows.findIndex((fields) => fields.length !== names.length);
  if (wrong !== -1) {
    throw new Error(
      `${path}:${wrong + 2}: expected ${names.length} fields, as the header has, received ${rows[wrong].length}.`,
    );
  }

  function column<Value>(name: string, parse: (field: string) => Value | undefined, expected: string): Value[] {
    const index = names.indexOf(name);
    if (index === -1) throw new Error(`${path}: expected a column ${name}, received ${names.join(', ')}.`);
    return rows.map((fields, row) => {
      const value = parse(fields[index]);
      if (value !== undefined) return value;
      throw new Error(`${path}:${row + 2}: ${name}: expected ${expected}, received '${fields[index]}'.`);
    });
  }

  return {
    rows: rows.length,
    numbers: (name) => column(name, parseNumber, 'a number or nothing'),
    texts: (name) => column(name, (field) => (field === '' ? undefined : field), 'text'),
  };
}

function parseNumber(field: string): number | null | undefined {
  if (field === '') return null;
  // Number('  ') is 0, and Number('0x10') is 16: neither is what a table means.
  return /^-?\d+(\.\d*)?(e[+-]?\d+)?$/i.test(field) ? Number(field) : undefined;
}
