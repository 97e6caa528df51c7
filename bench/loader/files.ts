import { type ArrowColumn, type ColumnValues, writeArrow } from '@lockstep/arrow';
import { fillNumbers } from '../harness/numbers.ts';

/** A generated table: what is in its rows, and how a dataset is to read it. */
export interface TableFile {
  readonly name: string;
  readonly columns: readonly ArrowColumn[];
  readonly features: readonly string[];
  readonly label: string;
  readonly scale: number;
}

const PIXELS = 784;
const CLASSES = 10;
/** Of values in a record batch: what `lockstep convert` writes, and large enough for reads in any order. */
const BATCH_BYTES = 4 * 2 ** 20;
const LABEL: ArrowColumn = { name: 'label', kind: 'uint8' };
const SCALARS = Array.from({ length: 32 }, (_, index): ArrowColumn => ({ name: `c${index}`, kind: 'float32' }));

/** Rows of 784 float32. */
export const IMAGES: TableFile = {
  name: '784 × float32',
  columns: [{ name: 'pixels', kind: 'float32', listSize: PIXELS }, LABEL],
  features: ['pixels'],
  label: 'label',
  scale: 1,
};

/** Rows of 784 bytes, which become float32 from 0 to 1. */
export const BYTES: TableFile = {
  name: '784 × uint8 × 1/255',
  columns: [{ name: 'pixels', kind: 'uint8', listSize: PIXELS }, LABEL],
  features: ['pixels'],
  label: 'label',
  scale: 1 / 255,
};

/** Columns of float32, of which rows have to be made. */
export const COLUMNS: TableFile = {
  name: '32 columns of float32',
  columns: [...SCALARS, LABEL],
  features: SCALARS.map(({ name }) => name),
  label: 'label',
  scale: 1,
};

export function bytesPerRow({ columns }: TableFile): number {
  const size = ({ kind }: ArrowColumn): number => (kind === 'float32' ? 4 : 1);
  return columns.reduce((sum, column) => sum + size(column) * (column.listSize ?? 1), 0);
}

/** Writes about so many bytes of pseudo-random rows, a record batch at a time. Returns the rows. */
export async function writeTable(path: string, table: TableFile, bytes: number): Promise<number> {
  const rowBytes = bytesPerRow(table);
  const rows = Math.max(1, Math.round(bytes / rowBytes));
  const batchRows = Math.floor(BATCH_BYTES / rowBytes);
  return writeArrow(path, table.columns, batchesOf(table.columns, rows, batchRows));
}

function* batchesOf(columns: readonly ArrowColumn[], rows: number, batchRows: number): Generator<ColumnValues[]> {
  for (let begin = 0; begin < rows; begin += batchRows) {
    const count = Math.min(batchRows, rows - begin);
    yield columns.map(({ kind, listSize = 1 }, column) =>
      valuesOf(kind, count * listSize, begin + column, listSize > 1),
    );
  }
}

function valuesOf(kind: ArrowColumn['kind'], count: number, seed: number, isFeature: boolean): ColumnValues {
  const numbers = new Float32Array(count);
  fillNumbers(numbers, seed);
  if (kind === 'float32') return numbers;
  const most = isFeature ? 256 : CLASSES;
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) bytes[i] = (numbers[i] + 0.5) * most;
  return bytes;
}
