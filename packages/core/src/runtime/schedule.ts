/** What a run does, as numbers: both the loader and the workers derive from it what batch number q of the sequence is. */
export interface Schedule {
  readonly epochs: number;
  /** Training steps of an epoch, and of the last one, which `maxSteps` may cut short. */
  readonly trainSteps: number;
  readonly lastTrainSteps: number;
  /** Evaluation steps after each epoch's training steps. */
  readonly evaluationSteps: number;
}

export interface ScheduleOptions {
  readonly epochs: number;
  readonly trainSteps: number;
  readonly evaluationSteps: number;
  /** Training steps of the whole run at most. */
  readonly maxSteps?: number | undefined;
}

export function makeSchedule({ epochs, trainSteps, evaluationSteps, maxSteps }: ScheduleOptions): Schedule {
  const steps = Math.min(epochs * trainSteps, maxSteps ?? Infinity);
  const neededEpochs = trainSteps === 0 ? epochs : Math.ceil(steps / trainSteps);
  const lastTrainSteps = trainSteps === 0 ? 0 : steps - (neededEpochs - 1) * trainSteps;
  return { epochs: neededEpochs, trainSteps, lastTrainSteps, evaluationSteps };
}

/** Sequence number of the first step of an epoch (from 0); of `schedule.epochs`: the length of the run. */
export function epochStart(schedule: Schedule, epoch: number): number {
  const start = epoch * (schedule.trainSteps + schedule.evaluationSteps);
  return epoch < schedule.epochs ? start : start - (schedule.trainSteps - schedule.lastTrainSteps);
}

export function trainStepsOf(schedule: Schedule, epoch: number): number {
  return epoch === schedule.epochs - 1 ? schedule.lastTrainSteps : schedule.trainSteps;
}

/** Walks the sequence without dividing at every step; each thread has its own. */
export class ScheduleCursor {
  readonly #schedule: Schedule;
  sequence = 0;
  epoch = 0;
  position = 0;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  get done(): boolean {
    return this.epoch >= this.#schedule.epochs;
  }

  /** Whether the step trains; else it evaluates. */
  get training(): boolean {
    return this.position < trainStepsOf(this.#schedule, this.epoch);
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
