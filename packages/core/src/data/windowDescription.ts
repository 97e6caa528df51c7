import { LockstepError } from '../errors.ts';
import { elementCount } from '../model/spec.ts';
import type { Dataset } from './dataset.ts';
import { NUMBER_BYTES } from './gatherNumbers.ts';
import { rowsOfChunks } from './order.ts';

/** Throws INVALID_OPTION where what a dataset says of its windows, if it has some, cannot be. */
export function checkWindowDescription(dataset: Dataset): void {
  const { windows, featureShape, rows, windowBytesPerRow } = dataset;
  if (windows === undefined) return;
  const require = (holds: boolean, member: string, expected: string, received: unknown): void => {
    if (holds) return;
    throw new LockstepError('INVALID_OPTION', {
      ...{ place: `dataset.${member}`, expected, received: String(received) },
      advice: 'A dataset whose source fills windows says what they hold: see `WindowDescription`.',
    });
  };
  const { runs, overheadBytes } = windows;
  for (const [i, run] of runs.entries()) {
    const { kind, width } = run;
    const member = `windows.runs[${i}]`;
    require(Object.hasOwn(NUMBER_BYTES, kind), `${member}.kind`, Object.keys(NUMBER_BYTES).join(', '), kind);
    require(Number.isInteger(width) && width > 0, `${member}.width`, 'a whole number from 1', width);
    for (const name of ['subtract', 'factor'] as const) {
      const term = run[name];
      const count = typeof term === 'number' ? width : term.length;
      require(count === width, `${member}.${name}`, `one number, or ${width}`, `${count} numbers`);
    }
  }
  const [width, widths] = [elementCount(featureShape), runs.reduce((sum, run) => sum + run.width, 0)];
  require(widths === width, 'windows.runs', `widths that add up to ${width}, the features of a row`, widths);
  require(overheadBytes >= 0 && overheadBytes < Infinity, 'windows.overheadBytes', 'a number of bytes', overheadBytes);
  require(windowBytesPerRow > 0, 'windowBytesPerRow', 'bytes of a row in a window, more than 0', windowBytesPerRow);
  const inChunks = rowsOfChunks(dataset, [...dataset.chunkRows.keys()]);
  require(inChunks === rows, 'chunkRows', `rows of chunks that add up to ${rows}`, inChunks);
}
