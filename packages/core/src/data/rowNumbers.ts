import { rowsOfChunks } from './order.ts';
import { startsOf } from './starts.ts';

/** Which row of the dataset each row of a window of these chunks is: chunk by chunk. */
export function rowNumbersOf(chunkRows: readonly number[], chunks: readonly number[]): Uint32Array {
  const starts = startsOf(chunkRows);
  const numbers = new Uint32Array(rowsOfChunks({ chunkRows }, chunks));
  let at = 0;
  for (const chunk of chunks) {
    for (let row = 0; row < chunkRows[chunk]; row++) numbers[at++] = starts[chunk] + row;
  }
  return numbers;
}
