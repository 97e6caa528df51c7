import * as v from 'valibot';
import { checkOptions, fraction, positiveInteger } from '../model/check.ts';
import { invalidCallbackState } from './callbackStates.ts';
import type { Callback, CallbackState, EpochEnd, TrainBegin } from './callbacks.ts';
import { checkMonitor, isBetter, monitoredValue } from './monitor.ts';

export interface ReduceLearningRateOptions {
  /** Default 'valLoss'. */
  readonly monitor?: string;
  /** Which way is better; default: as is known of the metric. */
  readonly mode?: 'min' | 'max';
  /** What the learning rate is multiplied by, in [0, 1); default 0.1. */
  readonly factor?: number;
  /** Epochs without improvement after which it is; default 10. */
  readonly patience?: number;
  /** Least change that counts as an improvement; default 1e-4. */
  readonly minDelta?: number;
  /** Epochs after a reduction that do not count; default 0. */
  readonly cooldown?: number;
  /** The learning rate is not reduced below this; default 0. */
  readonly minLearningRate?: number;
}

const atLeast0 = (what: string): v.GenericSchema<number> =>
  v.pipe(v.number(`${what} is a number`), v.finite(`${what} is finite`), v.minValue(0, `${what} is at least 0`));

const schema = v.strictObject({
  monitor: v.optional(v.string('monitor is the name of a metric'), 'valLoss'),
  mode: v.optional(v.picklist(['min', 'max'], "mode is 'min' or 'max'")),
  factor: v.optional(fraction('factor'), 0.1),
  patience: v.optional(positiveInteger('patience'), 10),
  minDelta: v.optional(atLeast0('minDelta'), 1e-4),
  cooldown: v.optional(v.pipe(atLeast0('cooldown'), v.integer('cooldown is a whole number')), 0),
  minLearningRate: v.optional(atLeast0('minLearningRate'), 0),
});

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const stateSchema = v.strictObject({ best: v.nullable(v.number()), waited: count, cooling: count });

/**
 * Lowers the learning rate when a metric has stopped improving (Keras's ReduceLROnPlateau). What it remembers, and the rate
 * itself, are in the run's checkpoints.
 */
export function reduceLearningRateOnPlateau(options: ReduceLearningRateOptions = {}): Callback {
  return new ReduceLearningRate(checkOptions(schema, options, 'reduceLearningRateOnPlateau'));
}

class ReduceLearningRate implements Callback {
  readonly name = 'reduceLearningRateOnPlateau';
  readonly #options: v.InferOutput<typeof schema>;
  #state: v.InferOutput<typeof stateSchema> = { best: null, waited: 0, cooling: 0 };

  constructor(options: v.InferOutput<typeof schema>) {
    this.#options = options;
  }

  onTrainBegin({ metricNames }: TrainBegin): void {
    checkMonitor(this.#options, metricNames, this.name);
  }

  /** For a second run, which may begin anew or with what a checkpoint holds for this callback. */
  onTrainEnd(): void {
    this.#state = { best: null, waited: 0, cooling: 0 };
  }

  onEpochEnd({ metrics, learningRate, scaleLearningRate }: EpochEnd): void {
    const { monitor, mode, factor, patience, minDelta, cooldown, minLearningRate } = this.#options;
    const state = this.#state;
    const value = monitoredValue(monitor, metrics, this.name);
    if (state.cooling > 0) {
      state.cooling--;
      state.waited = 0;
    }
    if (isBetter({ monitor, ...(mode === undefined ? {} : { mode }) }, value, state.best, minDelta)) {
      state.best = value;
      state.waited = 0;
      return;
    }
    if (state.cooling > 0) return;
    state.waited++;
    if (state.waited < patience || learningRate <= minLearningRate) return;
    scaleLearningRate(Math.max(factor, minLearningRate / learningRate));
    state.waited = 0;
    state.cooling = cooldown;
  }

  saveState(): CallbackState {
    return { json: { ...this.#state } };
  }

  loadState({ json }: CallbackState): void {
    const { success, output } = v.safeParse(stateSchema, json);
    if (!success) throw invalidCallbackState(this.name, json);
    this.#state = output;
  }
}
