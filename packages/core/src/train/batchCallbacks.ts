import type { CheckpointPosition } from '../checkpoint/state.ts';
import type { Measure } from '../metrics/measures.ts';
import type { Callback, RateControl } from './callbacks.ts';
import type { Run } from './run.ts';

/** Of the run, for every event between steps. */
export interface BatchContext {
  readonly run: Run;
  readonly epochs: number;
  /** Training steps of a full epoch. */
  readonly batches: number;
  readonly measures: readonly Measure[];
}

/** The learning rate as callbacks see and change it. Only while no step is in progress. */
export function rateControl(run: Run): RateControl {
  return {
    learningRate: run.learningRate(),
    scaleLearningRate: (factor) => run.state.scaleRate(factor),
  };
}

/** Calls those callbacks that have a function for it before and after every training step. */
export class BatchCallbacks {
  readonly #callbacks: readonly Callback[];
  readonly #context: BatchContext;
  #stopped = false;

  private constructor(callbacks: readonly Callback[], context: BatchContext) {
    this.#callbacks = callbacks;
    this.#context = context;
  }

  /** null when no callback has such a function: then steps need not pause. */
  static of(callbacks: readonly Callback[], context: BatchContext): BatchCallbacks | null {
    const own = callbacks.filter(({ onBatchBegin, onBatchEnd }) => (onBatchBegin ?? onBatchEnd) !== undefined);
    return own.length === 0 ? null : new BatchCallbacks(own, context);
  }

  /** Whether one of them has ended the run. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** `position`: before the step. */
  async begin({ epoch, step, steps }: CheckpointPosition): Promise<void> {
    const { run, epochs, batches } = this.#context;
    const begin = { epoch: epoch + 1, epochs, batch: step + 1, batches, steps, ...rateControl(run) };
    for (const callback of this.#callbacks) await callback.onBatchBegin?.(begin);
  }

  /** `position`: after the step. */
  async end({ epoch, step, steps }: CheckpointPosition): Promise<void> {
    const { run, epochs, batches, measures } = this.#context;
    const end = {
      ...{ epoch: epoch + 1, epochs, batch: step, batches, steps, ...rateControl(run) },
      ...{ loss: run.batchLoss(), metrics: run.metrics(measures, 'train') },
      stop: () => {
        this.#stopped = true;
      },
    };
    for (const callback of this.#callbacks) await callback.onBatchEnd?.(end);
  }
}
