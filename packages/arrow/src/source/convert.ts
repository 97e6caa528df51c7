/** Scalar columns of several kinds into rows of features: converted and scaled a tile at a time, then turned. */
import { viewsOf } from '@lockstep/core/source';
import type { NumberViews } from '@lockstep/core/source';
import { BYTES } from '../layout/types.ts';
import type { NumberKind } from '../layout/types.ts';
import { decodeNumbers } from './decodeNumbers.ts';
import { transpose } from './transpose.ts';

/** A column of a chunk. */
export interface ScaledColumn {
  readonly kind: NumberKind;
  readonly subtract: number;
  readonly factor: number;
  /** Byte of the staging buffer where it begins. */
  readonly at: number;
}

/** Rows that are converted together: they stay in the nearest caches. */
const TILE_ROWS = 512;

export class ColumnConverter {
  private readonly numbers = new Float64Array(TILE_ROWS);
  /** A tile of all columns. */
  private tile: NumberViews = viewsOf(new ArrayBuffer(0));

  /** `start`: the byte of the target where the first of the rows begins. */
  convert(
    columns: readonly ScaledColumn[],
    rows: number,
    staging: NumberViews,
    target: NumberViews,
    start: number,
  ): void {
    const width = columns.length;
    const bytes = width * TILE_ROWS * BYTES.float32;
    if (this.tile.uint8.length < bytes) this.tile = viewsOf(new ArrayBuffer(bytes));
    const { tile, numbers } = this;
    const tiled = columns.map((_, c) => c * TILE_ROWS);
    for (let row = 0; row < rows; row += TILE_ROWS) {
      const count = Math.min(TILE_ROWS, rows - row);
      columns.forEach(({ kind, subtract, factor, at }, c) => {
        decodeNumbers(kind, staging, at / BYTES[kind] + row, numbers, count);
        scaleNumbers(numbers, subtract, factor, tile.float32, tiled[c], count);
      });
      const first = start / BYTES.float32 + row * width;
      transpose(BYTES.float32, { rows: count, columns: tiled, source: tile, target, start: first });
    }
  }
}

function scaleNumbers(
  numbers: Float64Array,
  subtract: number,
  factor: number,
  out: Float32Array,
  at: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) out[at + i] = (numbers[i] - subtract) * factor;
}
