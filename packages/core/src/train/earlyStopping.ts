import * as v from 'valibot';
import { checkOptions, positiveInteger } from '../model/check.ts';
import { invalidCallbackState } from './callbackStates.ts';
import type { Callback, CallbackState, EpochEnd, TrainBegin, TrainedModel, TrainEnd } from './callbacks.ts';
import { checkMonitor, isBetter, monitoredValue } from './monitor.ts';

export interface EarlyStoppingOptions {
  /** Default 'valLoss'. */
  readonly monitor?: string;
  /** Which way is better; default: as is known of the metric. */
  readonly mode?: 'min' | 'max';
  /** Epochs without improvement after which the run ends; default 1. */
  readonly patience?: number;
  /** Least change that counts as an improvement; default 0. */
  readonly minDelta?: number;
  /** Leaves the model with the weights of its best epoch, however the run came to its end; default false. */
  readonly restoreBestWeights?: boolean;
}

const schema = v.strictObject({
  monitor: v.optional(v.string('monitor is the name of a metric'), 'valLoss'),
  mode: v.optional(v.picklist(['min', 'max'], "mode is 'min' or 'max'")),
  patience: v.optional(positiveInteger('patience'), 1),
  minDelta: v.optional(v.pipe(v.number('minDelta is a number'), v.minValue(0, 'minDelta is at least 0')), 0),
  restoreBestWeights: v.optional(v.boolean('restoreBestWeights is true or false'), false),
});

const stateSchema = v.strictObject({
  best: v.nullable(v.number()),
  bestEpoch: v.pipe(v.number(), v.integer(), v.minValue(0)),
  waited: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

/**
 * Ends a run when a metric has stopped improving (Prechelt 1998, "Early stopping – but when?"; Keras's callback of this
 * name). What it remembers, the best weights included, is in the run's checkpoints.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  return new EarlyStopping(checkOptions(schema, options, 'earlyStopping'));
}

class EarlyStopping implements Callback {
  readonly name: string;
  readonly #options: v.InferOutput<typeof schema>;
  #model: TrainedModel | null = null;
  #best: number | null = null;
  #bestEpoch = 0;
  #waited = 0;
  #bestWeights: Readonly<Record<string, Float32Array>> | null = null;

  constructor(options: v.InferOutput<typeof schema>) {
    this.#options = options;
    // Several may watch several metrics.
    this.name =
      options.monitor === 'valLoss' ? 'earlyStopping' : `earlyStopping ${options.monitor.replaceAll('/', ' ')}`;
  }

  onTrainBegin({ model, metricNames }: TrainBegin): void {
    checkMonitor(this.#options, metricNames, 'earlyStopping');
    this.#model = model;
  }

  onEpochEnd({ epoch, metrics, stop }: EpochEnd): void {
    const { monitor, mode, patience, minDelta, restoreBestWeights } = this.#options;
    const value = monitoredValue(monitor, metrics, 'earlyStopping');
    if (isBetter({ monitor, ...(mode === undefined ? {} : { mode }) }, value, this.#best, minDelta)) {
      this.#best = value;
      this.#bestEpoch = epoch;
      this.#waited = 0;
      if (restoreBestWeights) this.#bestWeights = this.#model?.getWeights() ?? null;
      return;
    }
    this.#waited++;
    if (this.#waited >= patience) stop();
  }

  onTrainEnd({ failed }: TrainEnd): void {
    if (!failed && this.#bestWeights !== null) this.#model?.setWeights(this.#bestWeights);
    this.#forget();
  }

  saveState(): CallbackState {
    const json = { best: this.#best, bestEpoch: this.#bestEpoch, waited: this.#waited };
    return this.#bestWeights === null ? { json } : { json, tensors: this.#bestWeights };
  }

  loadState({ json, tensors = {} }: CallbackState): void {
    const { success, output } = v.safeParse(stateSchema, json);
    if (!success) throw invalidCallbackState(this.name, json);
    this.#best = output.best;
    this.#bestEpoch = output.bestEpoch;
    this.#waited = output.waited;
    this.#bestWeights = Object.keys(tensors).length === 0 ? null : tensors;
  }

  /** For a second run, which may begin anew or with what a checkpoint holds for this callback. */
  #forget(): void {
    this.#best = null;
    this.#bestEpoch = 0;
    this.#waited = 0;
    this.#bestWeights = null;
  }
}
