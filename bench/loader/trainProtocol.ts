import { readNumber, readNumbers, readObject } from '../harness/read.ts';
import type { Network } from '../peers/protocol.ts';

/** Train on the rows of a file, or on as many in memory, in shuffled order. */
export interface TrainRequest extends Network {
  readonly file: string;
  readonly features: readonly string[];
  readonly label: string;
  readonly inMemory: boolean;
  readonly workers: number;
  readonly budgetMs: number;
}

export interface TrainAnswer {
  /** Of a step, one for each epoch. */
  readonly microseconds: readonly number[];
  /** Microseconds of a step in which a thread slept because its batch was not there: of each epoch, mean over threads. */
  readonly waited: readonly number[];
  /** How often threads slept for that, a step. */
  readonly waits: number;
  readonly peakRss: number;
}

export function checkTrainAnswer(value: unknown): TrainAnswer {
  const answer = readObject(value, 'answer');
  return {
    microseconds: readNumbers(answer.microseconds, 'microseconds'),
    waited: readNumbers(answer.waited, 'waited'),
    waits: readNumber(answer.waits, 'waits'),
    peakRss: readNumber(answer.peakRss, 'peakRss'),
  };
}
