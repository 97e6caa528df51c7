import { LockstepError } from '../errors.ts';
import { RowRandom } from '../random/rowRandom.ts';
import type { BatchSource, BatchViews, Dataset } from './dataset.ts';
import type { MapContext, MapFunction, MapRow } from './mapRow.ts';
import { newBatch } from './newBatch.ts';
import { openSourceOf, type ReadableDataset } from './openSource.ts';
import { rowNumbersOf } from './rowNumbers.ts';
import { importUserFunction, type UserFunction, userFailed } from './userFunction.ts';

type RowShape = Pick<Dataset, 'featureShape' | 'label'>;

/** What `map` hands to its source. */
export interface MapSourceOptions extends RowShape {
  readonly inner: ReadableDataset & RowShape;
  readonly function: UserFunction;
  readonly options: unknown;
  readonly seed: number;
}

/** Rows that are read from the source inside at once. */
const PIECE_ROWS = 64;

/** Rows that a user's function makes of those of another source. */
export async function openSource(options: MapSourceOptions): Promise<BatchSource> {
  const call = await importUserFunction<MapFunction>(options.function, 'map', 'map');
  return new MapSource(options, call, await openSourceOf(options.inner));
}

class MapSource implements BatchSource {
  readonly #options: MapSourceOptions;
  readonly #inner: BatchSource;
  readonly #call: MapFunction;
  /** Rows of the source inside. */
  readonly #given: BatchViews;
  readonly #random: RowRandom;
  readonly #row: MapRow;
  /** Of MapContext, for every row anew. */
  readonly #context: { -readonly [Member in keyof MapContext]: MapContext[Member] };
  readonly #keepsLabels: boolean;
  #epoch = 0;
  #chunks: readonly number[] = [];
  /** Number of each row of the window in the dataset; null until it is asked for. */
  #numbers: Uint32Array | null = null;

  constructor(options: MapSourceOptions, call: MapFunction, inner: BatchSource) {
    const { seed, inner: given } = options;
    this.#options = options;
    this.#inner = inner;
    this.#call = call;
    this.#given = newBatch(given, PIECE_ROWS);
    this.#random = new RowRandom(seed);
    this.#row = rowOf({
      features: newBatch(given, 1).features,
      output: newBatch(options, 1).features,
      label: new Float64Array(given.label.width),
      outputLabel: new Float64Array(options.label.width),
    });
    this.#context = { row: 0, epoch: 0, options: options.options, random: this.#random };
    this.#keepsLabels = given.label.width === options.label.width;
  }

  startEpoch(epoch: number): void {
    this.#epoch = epoch;
    this.#inner.startEpoch?.(epoch);
  }

  loadWindow(chunks: readonly number[]): void | Promise<void> {
    this.#chunks = chunks;
    this.#numbers = null;
    return this.#inner.loadWindow(chunks);
  }

  copyRows(...[batch, at, rows, from, count]: Parameters<BatchSource['copyRows']>): void {
    for (let begin = 0; begin < count; begin += PIECE_ROWS) {
      const piece = Math.min(PIECE_ROWS, count - begin);
      this.#inner.copyRows(this.#given, 0, rows, from + begin, piece);
      for (let i = 0; i < piece; i++) this.#mapRow(batch, at + begin + i, i, rows[from + begin + i]);
    }
  }

  describeRow(row: number): string {
    return this.#inner.describeRow(row);
  }

  close(): void {
    this.#inner.close();
  }

  /** Row `at` of the batch, of row `from` of those that are given, which is row `row` of the window. */
  #mapRow(batch: BatchViews, at: number, from: number, row: number): void {
    const own = this.#row;
    const context = this.#context;
    this.#numbers ??= rowNumbersOf(this.#options.inner.chunkRows, this.#chunks);
    context.row = this.#numbers[row];
    context.epoch = this.#epoch;
    this.#random.begin(this.#epoch, context.row);
    this.#give(from);
    let returned: unknown;
    try {
      returned = this.#call(own, context);
    } catch (cause) {
      throw userFailed(this.#placeOf(row), 'the function to return', cause);
    }
    if (returned instanceof Promise) {
      returned.catch(() => {});
      throw this.#failed(
        row,
        'the row to be written when the function returns',
        'a promise',
        'Rows that have to be waited for come from generatorDataset.',
      );
    }
    this.#check(row);
    batch.features.set(own.output, at * own.output.length);
    const labels = batch.labelKind === 'classIndex' ? batch.classLabels : batch.valueLabels;
    labels.set(own.outputLabel, at * own.outputLabel.length);
    batch.sampleWeights[at] = own.weight;
  }

  /** Copies: what the function writes to a row of the dataset inside is lost. */
  #give(from: number): void {
    const { features, output, label, outputLabel } = this.#row;
    const given = this.#given;
    const labels = given.labelKind === 'classIndex' ? given.classLabels : given.valueLabels;
    for (let i = 0; i < features.length; i++) features[i] = given.features[from * features.length + i];
    for (let i = 0; i < label.length; i++) label[i] = labels[from * label.length + i];
    this.#row.weight = given.sampleWeights[from];
    output.fill(NaN);
    if (this.#keepsLabels) outputLabel.set(label);
    else outputLabel.fill(NaN);
  }

  #check(row: number): void {
    const { output, outputLabel, weight } = this.#row;
    for (let i = 0; i < output.length; i++) {
      // False for NaN and infinities: only finite numbers differ from themselves by 0.
      if (!(output[i] - output[i] === 0)) throw this.#wrong(row, 'output', i, output[i]);
    }
    const { integer } = this.#options.label;
    for (let i = 0; i < outputLabel.length; i++) {
      const label = outputLabel[i];
      if (integer ? (label | 0) !== label : !Number.isFinite(Math.fround(label))) {
        throw this.#wrong(row, 'outputLabel', i, label);
      }
    }
    if (!(weight >= 0 && Number.isFinite(Math.fround(weight)))) {
      throw this.#failed(
        row,
        'a weight that is not negative',
        `a weight of ${weight}`,
        'A weight of 0 leaves a row out.',
      );
    }
  }

  #wrong(row: number, array: 'output' | 'outputLabel', index: number, value: number): LockstepError {
    const kind = array === 'outputLabel' && this.#options.label.integer ? 'integers' : 'finite numbers';
    return this.#failed(
      row,
      `${kind} in ${array}`,
      `${value} in ${array}[${index}]`,
      'Every number is to be written: what is not, is NaN. Reading beyond the end of an array gives undefined, which becomes NaN.',
    );
  }

  #failed(row: number, expected: string, received: string, advice: string): LockstepError {
    return new LockstepError('DATASET_FAILED', { place: this.#placeOf(row), expected, received, advice });
  }

  #placeOf(row: number): string {
    return `${this.describeRow(row)}: map of ${this.#options.function.module}`;
  }
}

/** A function that puts another array in the place of one, instead of writing to it, throws: as a module it is in strict mode. */
function rowOf(arrays: Omit<MapRow, 'weight'>): MapRow {
  const row = { ...arrays, weight: 1 };
  for (const name of Object.keys(arrays)) Object.defineProperty(row, name, { writable: false });
  return row;
}
