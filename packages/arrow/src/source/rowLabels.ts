/** Labels and weights of a window's rows into a batch, from the window's memory. */
import type { BatchViews, NumberViews } from '@lockstep/core/source';
import type { NumberKind } from '../layout/types.ts';
import { READ } from './read.ts';
import { wrongValue } from './wrongValue.ts';

/** Numbers of a window, row-major. */
export interface RowNumbers {
  /** The column that they come from, for messages. */
  readonly name: string;
  readonly kind: NumberKind;
  readonly width: number;
  /** Element of the window's buffer, in numbers of this kind, where row 0 begins. */
  readonly start: number;
}

export class RowLabels {
  private readonly views: NumberViews;
  private readonly label: RowNumbers;
  private readonly weight: RowNumbers | undefined;
  private readonly describeRow: (row: number) => string;

  constructor(
    views: NumberViews,
    label: RowNumbers,
    weight: RowNumbers | undefined,
    describeRow: (row: number) => string,
  ) {
    this.views = views;
    this.label = label;
    this.weight = weight;
    this.describeRow = describeRow;
  }

  /** As `copyLabels` of a window. Errors: LABEL_OUT_OF_RANGE, INVALID_DATA. */
  copy(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void {
    if (batch.labelKind === 'classIndex') this.copyClasses(batch.classLabels, at, rows, from, count);
    else this.copyValues(batch.valueLabels, at, rows, from, count);
    if (this.weight === undefined) batch.sampleWeights.fill(1, at, at + count);
    else this.copyWeights(this.weight, batch.sampleWeights, at, rows, from, count);
  }

  private copyClasses(out: Int32Array, at: number, rows: Uint32Array, from: number, count: number): void {
    const { name, kind, start } = this.label;
    const read = READ[kind];
    for (let i = 0; i < count; i++) {
      const value = read(this.views, start + rows[from + i]);
      // The store would wrap a large number round to a class that exists.
      if (value !== (value | 0)) throw wrongValue('label', this.describeRow(rows[from + i]), name, value);
      out[at + i] = value;
    }
  }

  private copyValues(out: Float32Array, at: number, rows: Uint32Array, from: number, count: number): void {
    const { kind, width, start } = this.label;
    const read = READ[kind];
    for (let i = 0; i < count; i++) {
      const first = start + rows[from + i] * width;
      for (let item = 0; item < width; item++) out[(at + i) * width + item] = read(this.views, first + item);
    }
  }

  private copyWeights(
    { name, kind, start }: RowNumbers,
    out: Float32Array,
    at: number,
    rows: Uint32Array,
    from: number,
    count: number,
  ): void {
    const read = READ[kind];
    for (let i = 0; i < count; i++) {
      const value = read(this.views, start + rows[from + i]);
      if (!(value >= 0 && value < Infinity)) {
        throw wrongValue('sampleWeight', this.describeRow(rows[from + i]), name, value);
      }
      out[at + i] = value;
    }
  }
}
