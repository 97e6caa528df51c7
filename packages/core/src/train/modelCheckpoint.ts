import { dirname } from 'node:path';
import * as v from 'valibot';
import { makeFolder } from '../files/makeFolder.ts';
import { checkOptions } from '../model/check.ts';
import { invalidCallbackState } from './callbackStates.ts';
import type { Callback, EpochEnd, TrainBegin, TrainedModel } from './callbacks.ts';
import { checkMonitor, isBetter, monitoredValue } from './monitor.ts';

export interface ModelCheckpointOptions {
  /** A file's, whose folder is made where there is none; `{epoch}` in it is replaced by the number of the epoch, from 1. */
  readonly path: string;
  /** With `saveBestOnly`: whose best value counts; default 'valLoss'. */
  readonly monitor?: string;
  /** Which way is better; default: as is known of the metric. */
  readonly mode?: 'min' | 'max';
  /** Saves only after an epoch that is better than all before; default false: after every epoch. */
  readonly saveBestOnly?: boolean;
}

const PATH_SENTENCE = 'path is the path of a file, with or without {epoch}';

const schema = v.strictObject({
  path: v.pipe(
    v.string(PATH_SENTENCE),
    v.nonEmpty(PATH_SENTENCE),
    v.check((path) => !/[{}]/.test(path.replaceAll('{epoch}', '')), PATH_SENTENCE),
  ),
  monitor: v.optional(v.string('monitor is the name of a metric'), 'valLoss'),
  mode: v.optional(v.picklist(['min', 'max'], "mode is 'min' or 'max'")),
  saveBestOnly: v.optional(v.boolean('saveBestOnly is true or false'), false),
});

const stateSchema = v.strictObject({ best: v.nullable(v.number()) });

/**
 * Saves the model after epochs, as `model.save` does (Keras's ModelCheckpoint): files to use, share, or compare, that
 * `loadModel` reads. They hold no optimizer and no place in the data: to go on with a run after a crash, give `fit` its option
 * `checkpoint`. Throws FILE_NOT_WRITTEN.
 */
export function modelCheckpoint(options: ModelCheckpointOptions): Callback {
  const checked = checkOptions(schema, options, 'modelCheckpoint');
  return checked.saveBestOnly ? new BestModel(checked) : new EveryModel(checked);
}

/** Saves after every epoch: remembers nothing. */
class EveryModel implements Callback {
  readonly writesFiles = true;
  readonly options: v.InferOutput<typeof schema>;
  #model: TrainedModel | null = null;

  constructor(options: v.InferOutput<typeof schema>) {
    this.options = options;
  }

  async onTrainBegin({ model }: TrainBegin): Promise<void> {
    // Now, not after an epoch, which may have taken an hour.
    await makeFolder(dirname(this.#pathOf(1)));
    this.#model = model;
  }

  async onEpochEnd({ epoch }: EpochEnd): Promise<void> {
    const path = this.#pathOf(epoch);
    await makeFolder(dirname(path));
    await this.#model?.save(path);
  }

  #pathOf(epoch: number): string {
    return this.options.path.replaceAll('{epoch}', String(epoch));
  }
}

/** Saves after the best epoch so far, which a run that resumes knows. */
class BestModel extends EveryModel {
  readonly name: string;
  #best: number | null = null;

  constructor(options: v.InferOutput<typeof schema>) {
    super(options);
    // A run may keep the best by several metrics.
    this.name = `modelCheckpoint ${options.monitor.replaceAll('/', ' ')}`;
  }

  override onTrainBegin(begin: TrainBegin): Promise<void> {
    checkMonitor(this.options, begin.metricNames, 'modelCheckpoint');
    return super.onTrainBegin(begin);
  }

  override async onEpochEnd(end: EpochEnd): Promise<void> {
    const { monitor, mode } = this.options;
    const value = monitoredValue(monitor, end.metrics, 'modelCheckpoint');
    if (!isBetter({ monitor, ...(mode === undefined ? {} : { mode }) }, value, this.#best)) return;
    await super.onEpochEnd(end);
    this.#best = value;
  }

  /** For a second run, which may begin anew or with what a checkpoint holds for this callback. */
  onTrainEnd(): void {
    this.#best = null;
  }

  saveState(): { readonly json: unknown } {
    return { json: { best: this.#best } };
  }

  loadState({ json }: { readonly json: unknown }): void {
    const { success, output } = v.safeParse(stateSchema, json);
    if (!success) throw invalidCallbackState(this.name, json);
    this.#best = output.best;
  }
}
