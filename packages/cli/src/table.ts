/** Columns of a terminal that nobody has made wider. */
export const TERMINAL = 80;

/** A column of text is not made narrower than this. */
const NARROWEST = 8;

/**
 * Columns of text: the first to the left, numbers (all that starts like one) to the right, two spaces between. Where they take more
 * than `width`, the widest columns of text are cut.
 */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width: number = Infinity,
): string {
  const isNumeric = header.map((_, column) => rows.length > 0 && rows.every((row) => /^[-+]?\d|^$/.test(row[column])));
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  for (;;) {
    const total = widths.reduce((sum, one) => sum + one, 2 * (widths.length - 1));
    const texts = widths.map((one, column) => (isNumeric[column] ? 0 : one));
    const widest = texts.indexOf(Math.max(...texts));
    if (total <= width || texts[widest] <= Math.max(NARROWEST, header[widest].length)) break;
    widths[widest]--;
  }
  const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cut(cell, widths[column]))
      .map((cell, column) => (isNumeric[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join('  ')
      .trimEnd();
  return [line(header), widths.map((one) => '─'.repeat(one)).join('──'), ...rows.map(line)].join('\n');
}
