import type { PlainOptions } from './definition.ts';
import type { DEFINED } from './spec.ts';

/** What the functions of a loss that a user wrote are given: one row. */
export interface LossRow<Options> {
  readonly options: Options;
  /** The row of the model's output, after the last activation. */
  readonly output: Readonly<Float64Array>;
  /** The row of labels, as many numbers as `labelWidth` says. */
  readonly label: Readonly<Float64Array>;
}

export interface LossGradientRow<Options> extends LossRow<Options> {
  /** dLoss/doutput, every number to be written; multiplied by the row's weight and rounded to float32 afterwards. */
  readonly outputGradient: Float64Array;
}

/** A loss that a user wrote, in a module of its own; what holds for the functions of layers holds here (LayerDefinition). */
export interface LossDefinition<Given, Options> {
  /** 1 to 48 letters, digits, - or _. */
  readonly name: string;
  /** Checks the options that the loss is made with, fills in those that are left out, and returns them as plain JSON. */
  options?(given: Given): Options;
  /** Numbers of a row of labels, from those of a row of the model's output; default: as many. */
  labelWidth?(outputs: number, options: Options): number;
  /** The loss of one row. A batch's is the mean of its rows, by their weights. */
  loss(row: LossRow<Options>): number;
  /** Computes `outputGradient`. */
  gradient(row: LossGradientRow<Options>): void;
}

export type AnyLossDefinition = LossDefinition<object, PlainOptions>;

/** A definition with where it is from. */
export interface DefinedLoss {
  /** The definition's name. */
  readonly loss: string;
  /** URL that threads import. */
  readonly module: string;
  /** SHA-256 of the module's file: another file is another loss to a run that goes on. */
  readonly source: string;
  readonly definition: AnyLossDefinition;
}

export interface CustomLossSpec {
  readonly kind: 'custom';
  /** The name in its definition. */
  readonly loss: string;
  readonly source: string;
  readonly options: PlainOptions;
  /** A `DefinedLoss`. */
  readonly [DEFINED]?: object;
}
