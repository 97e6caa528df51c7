import type { Driver } from '../runtime/driver.ts';
import { type Schedule, stepName } from '../runtime/schedule.ts';
import type { FullBatchSearch } from './fullBatchSearch.ts';
import { noticeFeatures, type Watched } from './noticing.ts';

interface SteppingParts extends Watched {
  readonly driver: Driver;
  readonly schedule: Schedule;
  /** What moves the weights where steps do not. */
  readonly search: FullBatchSearch | null;
}

/** Lets the steps of a run go on, with the weights as callbacks or a search along lines have left them. */
export class Stepping {
  readonly #parts: SteppingParts;
  /** Whether something may have written to the weights, of which threads hold packed copies. */
  #weightsTouched = false;

  constructor(parts: SteppingParts) {
    this.#parts = parts;
  }

  /** After callbacks that may have written to the weights. */
  touched(): void {
    this.#weightsTouched = true;
    this.#parts.search?.adopt();
  }

  /** Training steps until a limit, or until something asks for a pause. */
  async trainUntil(limit: number): Promise<void> {
    const { driver, search, schedule } = this.#parts;
    if (search === null) {
      await this.#stepsUntil(limit);
      return;
    }
    const before = driver.completed();
    search.ask();
    this.#weightsTouched = true;
    try {
      await this.#stepsUntil(limit);
    } finally {
      // However it has ended: weights that are only tried stay in no model.
      if (driver.completed() > before) search.tell(stepName(schedule, before));
      else search.restore();
      this.#weightsTouched = true;
    }
  }

  /** Steps of any kind until a limit, whatever asks for pauses on the way. */
  async runUntil(limit: number): Promise<void> {
    const { driver } = this.#parts;
    while (driver.completed() < limit) await this.#stepsUntil(limit);
  }

  /** Steps until a limit, or until something asks for a pause. */
  async #stepsUntil(limit: number): Promise<void> {
    const { driver, run, record } = this.#parts;
    if (this.#weightsTouched) run.refresh();
    this.#weightsTouched = false;
    const before = driver.completed();
    try {
      await driver.runUntil(limit);
    } finally {
      if (driver.completed() > before) record.begun = null;
    }
    noticeFeatures(this.#parts);
  }
}
