import type { Dataset } from '../data/dataset.ts';
import { slice, take } from '../data/sliceDataset.ts';
import { LockstepError } from '../errors.ts';
import type { CheckedFitOptions } from './fitOptions.ts';

/** The rows that a run trains on and validates with, and its options with them. */
export interface DataOfFit {
  readonly dataset: Dataset;
  readonly options: CheckedFitOptions;
}

/**
 * What `fit` makes of `validationSplit`, `overfitBatches` and `fastDevRun`: slices of the data, and plain options. Only these
 * reach the run, its plan and its configuration. Throws INVALID_OPTION.
 */
export function dataOfFit(dataset: Dataset, options: CheckedFitOptions): DataOfFit {
  checkTogether(options, 'validationSplit', 'validation');
  checkTogether(options, 'fastDevRun', 'overfitBatches');
  return fastDevRun(overfitBatches(validationSplit({ dataset, options })));
}

/** As Keras: the last rows, before any shuffling. */
function validationSplit({ dataset, options }: DataOfFit): DataOfFit {
  const { validationSplit: split } = options;
  if (split === undefined) return { dataset, options };
  const { rows } = dataset;
  const begin = Math.floor(rows * (1 - split));
  if (begin === 0 || begin === rows) {
    throw new LockstepError('INVALID_OPTION', {
      place: 'fit.validationSplit',
      expected: 'a fraction that leaves rows for training and for validation',
      received: `${split} of ${rows} rows: ${begin} to train on, ${rows - begin} to validate with`,
      advice: 'Choose another fraction, or give a dataset as `validation`.',
    });
  }
  return {
    dataset: slice(dataset, 0, begin),
    options: { ...options, validationSplit: undefined, validation: slice(dataset, begin, rows) },
  };
}

/** As Lightning: the first batches again and again, which also stand for the validation data. */
function overfitBatches({ dataset, options }: DataOfFit): DataOfFit {
  const { overfitBatches: batches, batchSize, validation } = options;
  if (batches === undefined) return { dataset, options };
  const few = take(dataset, batches * batchSize);
  return { dataset: few, options: { ...options, shuffle: false, validation: validation && few } };
}

/** As Lightning: a few batches of training and of validation, to see whether everything runs. */
function fastDevRun({ dataset, options }: DataOfFit): DataOfFit {
  const { fastDevRun: batches, batchSize, validation, callbacks } = options;
  if (batches === undefined) return { dataset, options };
  const rows = batches * batchSize;
  return {
    dataset: take(dataset, rows),
    options: {
      ...{ ...options, epochs: 1, checkpoint: undefined, resume: false },
      validation: validation && take(validation, Math.min(batchSize, dataset.rows) * batches),
      callbacks: callbacks.filter(({ writesFiles = false }) => !writesFiles),
    },
  };
}

/** What a user should know of such a run. */
export function describeFastDevRun(batches: number): string {
  return (
    `fastDevRun: one epoch of ${batches} ${batches === 1 ? 'batch' : 'batches'} of training, and as many of validation where there ` +
    'is some; no checkpoints, no files. Leave the option out to train in earnest.'
  );
}

type OptionName = 'validationSplit' | 'validation' | 'fastDevRun' | 'overfitBatches';

function checkTogether(options: CheckedFitOptions, one: OptionName, other: OptionName): void {
  if (options[one] === undefined || options[other] === undefined) return;
  throw new LockstepError('INVALID_OPTION', {
    place: `fit.${one}`,
    expected: `no \`${other}\` beside it`,
    received: `${one} and ${other}`,
    advice: `Leave one of them out.`,
  });
}
