import { closeSync, openSync, writeSync } from 'node:fs';

const COLUMNS = 32;
const ROWS_AT_ONCE = 1000;

/** A quarter each of integers and of numbers with two digits behind the point, half of them with six. Returns its bytes. */
export function writeNumbers(path: string, size: number): number {
  const file = openSync(path, 'w');
  let state = 12_345;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const cell = (column: number): string => {
    if (column % 4 === 0) return String(Math.floor(next() * 1000));
    return (next() * 200 - 100).toFixed(column % 4 === 1 ? 2 : 6);
  };
  const row = (): string => Array.from({ length: COLUMNS }, (_, column) => cell(column)).join(',');
  let written = writeSync(file, `${Array.from({ length: COLUMNS }, (_, i) => `c${i}`).join(',')}\n`);
  while (written < size) written += writeSync(file, `${Array.from({ length: ROWS_AT_ONCE }, row).join('\n')}\n`);
  closeSync(file);
  return written;
}
