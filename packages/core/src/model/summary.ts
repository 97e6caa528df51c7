import { formatCount } from '../formatNumbers.ts';

/** One row of the table: a layer, its output shape, and its number of parameters. */
export interface SummaryRow {
  readonly layer: string;
  readonly outputShape: readonly number[];
  readonly trainable: number;
  readonly nonTrainable: number;
}

/** The table that Keras users know: Layer (type), Output Shape, Param #, and the totals. */
export function formatSummary(rows: readonly SummaryRow[]): string {
  const header = ['Layer (type)', 'Output Shape', 'Param #'];
  const body = rows.map((row) => [
    row.layer,
    `(batch, ${row.outputShape.join(', ')})`,
    formatCount(row.trainable + row.nonTrainable),
  ]);
  const widths = header.map(
    (title, column) => Math.max(title.length, ...body.map((cells) => cells[column].length)) + 3,
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 2 ? cell.padStart(widths[column] - 3) : cell.padEnd(widths[column])))
      .join('');
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width, 0) - 3);
  const trainable = rows.reduce((sum, row) => sum + row.trainable, 0);
  const nonTrainable = rows.reduce((sum, row) => sum + row.nonTrainable, 0);
  return [
    rule,
    line(header),
    rule,
    ...body.map((cells) => line(cells)),
    rule,
    `Total params: ${formatCount(trainable + nonTrainable)}`,
    `Trainable params: ${formatCount(trainable)}`,
    `Non-trainable params: ${formatCount(nonTrainable)}`,
    rule,
  ].join('\n');
}
