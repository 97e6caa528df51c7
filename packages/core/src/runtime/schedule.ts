/** What a run does, as numbers: both the loader and the workers derive from it what batch number q of the sequence is. */
export interface Schedule {
  readonly epochs: number;
  /** Training steps of an epoch, and of the last one, which `maxSteps` may cut short. */
  readonly trainSteps: number;
  readonly lastTrainSteps: number;
  /** Evaluation steps after each epoch's training steps. */
  readonly evaluationSteps: number;
  /** Training steps whose gradients are added up for one update; the last of an epoch may have fewer. */
  readonly accumulate: number;
  /** Sequence number of the run's first step: 0, or where the run that it goes on from left off. */
  readonly start: number;
}

export interface ScheduleOptions {
  readonly epochs: number;
  readonly trainSteps: number;
  readonly evaluationSteps: number;
  /** Training steps of the whole run at most. */
  readonly maxSteps?: number | undefined;
  /** Default 1. */
  readonly accumulate?: number;
  /** Epochs completed, and training steps after them, that the run goes on from. */
  readonly from?: { readonly epoch: number; readonly step: number };
}

export function makeSchedule(options: ScheduleOptions): Schedule {
  const { epochs, trainSteps, evaluationSteps, maxSteps, accumulate = 1, from = { epoch: 0, step: 0 } } = options;
  const done = from.epoch * trainSteps + from.step;
  // A run that has done more than is asked for now stays as it is.
  const steps = Math.max(done, Math.min(epochs * trainSteps, maxSteps ?? Infinity));
  const neededEpochs = trainSteps === 0 ? epochs : Math.ceil(steps / trainSteps);
  const lastTrainSteps = trainSteps === 0 ? 0 : steps - (neededEpochs - 1) * trainSteps;
  const whole = { epochs: neededEpochs, trainSteps, lastTrainSteps, evaluationSteps, accumulate };
  const end = epochStart(whole, neededEpochs);
  return { ...whole, start: Math.min(from.epoch * (trainSteps + evaluationSteps) + from.step, end) };
}

/** Sequence number of the first step of an epoch (from 0); of `schedule.epochs`: the length of the run. */
export function epochStart(schedule: Omit<Schedule, 'start'>, epoch: number): number {
  const start = epoch * (schedule.trainSteps + schedule.evaluationSteps);
  return epoch < schedule.epochs ? start : start - (schedule.trainSteps - schedule.lastTrainSteps);
}

export function trainStepsOf(schedule: Schedule, epoch: number): number {
  return epoch === schedule.epochs - 1 ? schedule.lastTrainSteps : schedule.trainSteps;
}

/**
 * A step of the sequence as users count them: training steps of the whole run from 1, and the steps of an evaluation apart.
 * `at`: a sequence number that has not wrapped.
 */
export function stepName(schedule: Schedule, at: number): string {
  const { trainSteps } = schedule;
  const { epoch, position, training, done } = new ScheduleCursor(schedule, at);
  if (done) return 'the end of the run';
  if (training) return `step ${epoch * trainSteps + position + 1}`;
  const step = `evaluation step ${position - trainStepsOf(schedule, epoch) + 1}`;
  return trainSteps === 0 ? step : `${step} of epoch ${epoch + 1}`;
}

/** Walks the sequence without dividing at every step; each thread has its own. */
export class ScheduleCursor {
  readonly #schedule: Schedule;
  /** Wraps at 2^32, as the words that threads share do. */
  sequence: number;
  epoch: number;
  position: number;

  /** `at`: a sequence number that has not wrapped. */
  constructor(schedule: Schedule, at: number = schedule.start) {
    this.#schedule = schedule;
    const length = schedule.trainSteps + schedule.evaluationSteps;
    // The last epoch may be shorter than the others, so the end of the run may lie before the end of a whole epoch.
    this.epoch = at >= epochStart(schedule, schedule.epochs) ? schedule.epochs : Math.floor(at / length);
    this.position = this.epoch === schedule.epochs ? 0 : at - this.epoch * length;
    this.sequence = at | 0;
  }

  get done(): boolean {
    return this.epoch >= this.#schedule.epochs;
  }

  /** Whether the step trains; else it evaluates. */
  get training(): boolean {
    return this.position < trainStepsOf(this.#schedule, this.epoch);
  }

  /**
   * Number of the training step in the run, from 0, in two words of 32 bits, the lower one signed. Evaluations do not count: what
   * is evaluated on the way changes no weight.
   */
  get stepLow(): number {
    return (this.epoch * this.#schedule.trainSteps + this.position) | 0;
  }

  get stepHigh(): number {
    return Math.floor((this.epoch * this.#schedule.trainSteps + this.position) / 2 ** 32);
  }

  /** Whether a training step is the first whose gradients count for the next update. */
  get beginsUpdate(): boolean {
    return this.position % this.#schedule.accumulate === 0;
  }

  /**
   * Whether a training step updates the weights. What `maxSteps` cuts off does not change where updates are, so that the
   * run can be taken up again.
   */
  get updates(): boolean {
    const next = this.position + 1;
    return next % this.#schedule.accumulate === 0 || next === this.#schedule.trainSteps;
  }

  advance(): void {
    this.sequence = (this.sequence + 1) | 0;
    this.position++;
    if (this.position === trainStepsOf(this.#schedule, this.epoch) + this.#schedule.evaluationSteps) {
      this.position = 0;
      this.epoch++;
    }
  }
}
