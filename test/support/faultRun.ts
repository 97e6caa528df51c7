import {
  adam,
  batchNormalization,
  type Callback,
  type Dataset,
  dense,
  dropout,
  type Fault,
  type FitOptions,
  type History,
  l1l2,
  type Model,
  sequential,
  sgd,
  tensorDataset,
} from '@lockstep/core';
import { classNumbers, signedNumbers } from './numbers.ts';

const INPUTS = 7;
const CLASSES = 3;

/** Five training steps an epoch, the last of ten rows; rows for three threads. */
export const BATCH = 24;
export const STEPS = 5;
const ROWS = 4 * BATCH + 10;
/** Two evaluation steps after them, with the setting `validation`. */
export const EVALUATION_STEPS = 2;

/**
 * With penalties for its weights, statistics of shards and masks in the settings that are named so. There are three shards then, of
 * eight rows each, and two in an epoch's last batch.
 */
export function faultModel(setting: Setting = 'plain'): Model {
  const penalty = setting.startsWith('regularized') ? { kernelRegularizer: l1l2({ l1: 0.01, l2: 0.02 }) } : {};
  const more = setting.includes('normalized') ? [batchNormalization({ momentum: 0.8 }), dropout(0.3)] : [];
  const layers = [dense(9, { activation: 'relu', ...penalty }), ...more, dense(CLASSES, { activation: 'softmax' })];
  return sequential(layers, { inputShape: [INPUTS], seed: 3 });
}

export function faultDataset(rows = ROWS, seed = 1): Dataset {
  const features = signedNumbers(rows * INPUTS, seed);
  return tensorDataset({ features, labels: classNumbers(rows, CLASSES, seed + 1), featureShape: [INPUTS] });
}

/** Ways of training whose steps have other phases, or others of them change weights. */
export const SETTINGS = {
  plain: { optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) },
  clipped: { optimizer: adam({ learningRate: 0.01 }), gradientClipNorm: 0.05 },
  accumulated: { optimizer: adam({ learningRate: 0.01 }), accumulateGradBatches: 2 },
  'clipped and accumulated': {
    ...{ optimizer: sgd({ learningRate: 0.1, momentum: 0.8, nesterov: true }) },
    ...{ gradientClipNorm: 0.1, accumulateGradBatches: 3 },
  },
  'regularized, normalized, averaged': {
    ...{ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), weightAverage: { decay: 0.8 } },
  },
  'normalized, clipped, accumulated': {
    ...{ optimizer: adam({ learningRate: 0.01 }), gradientClipNorm: 0.05, accumulateGradBatches: 2 },
  },
  validated: { optimizer: adam({ learningRate: 0.02 }), validation: faultDataset(BATCH + 9, 5), metrics: ['f1'] },
} as const satisfies Record<string, Partial<FitOptions>>;

export type Setting = keyof typeof SETTINGS;

export const SETTING_NAMES = Object.keys(SETTINGS) as Setting[];

/** Whether the setting's updates come in a phase of their own, where the point `updated` lies. */
export function hasUpdatePhase(setting: Setting): boolean {
  return 'gradientClipNorm' in SETTINGS[setting];
}

/** Enough for a thread to be terminated meanwhile, which takes some milliseconds. */
export const MOST_EPOCHS = 2000;

export function optionsOf(setting: Setting): FitOptions {
  return {
    ...{ loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'], batchSize: BATCH, shards: 4, progress: false },
    ...SETTINGS[setting],
  };
}

const undisturbed = new Map<string, Promise<History>>();

/** The run that no fault disturbs, on one thread; the same for all of a file's tests. */
export function faultFree(setting: Setting, epochs: number): Promise<History> {
  const key = `${setting} ${epochs}`;
  const run =
    undisturbed.get(key) ?? faultModel(setting).fit(faultDataset(), { ...optionsOf(setting), epochs, workers: 1 });
  undisturbed.set(key, run);
  return run;
}

/** What must be the same with and without faults. */
export function resultOf({ epochs, metrics, weightsHash, weightsHashes, steps }: History): Partial<History> {
  return { epochs, metrics, weightsHash, weightsHashes, steps };
}

/**
 * A run with faults: of two epochs, or of as many more as it takes until `restarts` threads have been replaced; a fault that
 * ends a thread from outside does so some time later.
 */
export async function fitWithFaults(
  setting: Setting,
  faults: readonly Fault[],
  { restarts = 1, ...options }: Partial<FitOptions> & { readonly restarts?: number } = {},
): Promise<History> {
  let seen = 0;
  const untilRestarted: Callback = {
    onThreadRestart: () => void seen++,
    onEpochEnd: ({ epoch, stop }) => (epoch >= 2 && seen >= restarts ? stop() : undefined),
  };
  const more = { epochs: MOST_EPOCHS, maxWorkerRestarts: 10, callbacks: [untilRestarted], faults };
  return faultModel(setting).fit(faultDataset(), { ...optionsOf(setting), ...more, ...options });
}
