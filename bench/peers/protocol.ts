import { readNumber, readNumbers, readObject, readString } from '../harness/read.ts';

/**
 * What the harness asks of a peer's process, as JSON in its last argument, and what the process answers on the last line
 * of its standard output. The same for every peer, in JavaScript and in Python.
 */
export type PeerRequest = StepRequest | AccuracyRequest;

/** A setting of a peer, as names and values: threads, back end, library. */
export type Setting = Readonly<Record<string, string | number>>;

/** Dense layers with ReLU between them, softmax and cross-entropy at the end. */
export interface Network {
  /** Inputs, units of every layer. */
  readonly sizes: readonly number[];
  readonly batchSize: number;
  readonly optimizer: 'adam' | 'sgd';
  readonly learningRate: number;
}

/** Train on random numbers and report how long steps take. */
export interface StepRequest extends Network {
  readonly task: 'step';
  /** Batches of the data set, prepared beforehand; steps go through them over and over. */
  readonly batches: number;
  /** Time for warm-up and measurement. At least one step is done, however long it takes. */
  readonly budgetMs: number;
  readonly seed: number;
  readonly setting: Setting;
}

/** Train on MNIST until the test accuracy is reached. */
export interface AccuracyRequest extends Network {
  readonly task: 'accuracy';
  /** A folder with train-features.f32, train-labels.i32, test-features.f32 and test-labels.i32: raw little-endian rows. */
  readonly folder: string;
  readonly trainRows: number;
  readonly testRows: number;
  readonly target: number;
  readonly epochs: number;
  /** No further epoch is begun after so much training time. */
  readonly limitMs: number;
  readonly seed: number;
  readonly setting: Setting;
}

interface PeerAnswer {
  /** Versions of the peer and of what it stands on. */
  readonly version: string;
  /** What the process chose or found by itself: threads, variant of the optimizer. */
  readonly note: string;
  /** Largest resident set of the process, in bytes. */
  readonly peakRss: number;
}

export interface StepAnswer extends PeerAnswer {
  /** Of a step, one for each stretch of steps that was timed. */
  readonly microseconds: readonly number[];
  /** Steps that were timed, all stretches together. */
  readonly steps: number;
}

export interface AccuracyAnswer extends PeerAnswer {
  /** Training time, evaluation left out. */
  readonly seconds: number;
  readonly epochs: number;
  /** On the test set, after the last epoch. */
  readonly accuracy: number;
}

export function checkStepAnswer(answer: unknown): StepAnswer {
  const object = readObject(answer, 'answer');
  const microseconds = readNumbers(object.microseconds, 'microseconds');
  return { ...common(object), microseconds, steps: readNumber(object.steps, 'steps') };
}

export function checkAccuracyAnswer(answer: unknown): AccuracyAnswer {
  const object = readObject(answer, 'answer');
  const seconds = readNumber(object.seconds, 'seconds');
  const epochs = readNumber(object.epochs, 'epochs');
  return { ...common(object), seconds, epochs, accuracy: readNumber(object.accuracy, 'accuracy') };
}

function common(object: Readonly<Record<string, unknown>>): PeerAnswer {
  const version = readString(object.version, 'version');
  return { version, note: readString(object.note, 'note'), peakRss: readNumber(object.peakRss, 'peakRss') };
}

/** `2 threads, openmp, passive`; nothing for a peer without settings. */
export function describeSetting(setting: Setting): string {
  const parts = Object.entries(setting).map(([name, value]) => {
    if (name === 'backend' || name === 'blas') return value;
    if (name === 'wait') return value === 'passive' ? 'OMP passive' : 'OMP default';
    return `${value} ${value === 1 ? name.slice(0, -1) : name}`;
  });
  return parts.join(', ');
}
