/** What `lockstep convert` can read, and by which names it knows it. */
import { extname } from 'node:path';
import {
  convertArrow,
  convertCsv,
  convertIdxTable,
  convertJsonLines,
  convertNpy,
  convertNpz,
  convertParquet,
} from '@lockstep/arrow';
import type {
  ColumnChoiceOptions,
  ConvertOptions,
  ParquetReader,
  TableIndex,
  TextColumnType,
  TextTableOptions,
} from '@lockstep/arrow';
import { LockstepError } from '@lockstep/core';
import type { ConvertFlags } from '../flags.ts';

type Flag = 'header' | 'separator' | 'type' | 'onBadRow' | 'labels' | 'column' | 'parquetReader';

export interface Format {
  readonly convert: (
    inputs: readonly string[],
    out: string,
    flags: ConvertFlags,
    options: ConvertOptions,
  ) => Promise<TableIndex>;
  /** The flags that mean something for it. */
  readonly flags: readonly Flag[];
  /** Whether the types of its values are inferred from its first rows. */
  readonly isInferred?: boolean;
  readonly takesSeveral?: boolean;
}

const FORMATS: Readonly<Record<string, Format>> = {
  csv: {
    convert: ([input], out, flags, options) => {
      const { header, separator } = isTabbed(input, flags) ? { ...flags, separator: 'tab' } : flags;
      const separators = separator === undefined ? {} : { separator: separator === 'tab' ? '\t' : separator };
      return convertCsv(input, out, { ...options, ...textOptions(flags), header, ...separators });
    },
    flags: ['header', 'separator', 'type', 'onBadRow'],
    isInferred: true,
  },
  jsonl: {
    convert: ([input], out, flags, options) => convertJsonLines(input, out, { ...options, ...textOptions(flags) }),
    flags: ['type', 'onBadRow'],
    isInferred: true,
  },
  parquet: {
    convert: (inputs, out, flags, options) => {
      const reader = flags.parquetReader === undefined ? {} : { reader: flags.parquetReader as ParquetReader };
      return convertParquet(inputs, out, { ...options, ...columnChoice(flags), ...reader });
    },
    flags: ['type', 'column', 'parquetReader'],
    takesSeveral: true,
  },
  arrow: {
    convert: (inputs, out, flags, options) => convertArrow(inputs, out, { ...options, ...columnChoice(flags) }),
    flags: ['type', 'column'],
    takesSeveral: true,
  },
  npy: {
    convert: ([input], out, { labels }, options) => {
      return convertNpy(input, out, { ...options, ...(labels === undefined ? {} : { labels }) });
    },
    flags: ['labels'],
  },
  npz: {
    convert: ([input], out, flags, options) => {
      const { labels } = flags;
      const { columns, types } = columnChoice(flags) as { columns?: readonly string[]; types?: Record<string, 'skip'> };
      const chosen = { ...(columns === undefined ? {} : { columns }), ...(types === undefined ? {} : { types }) };
      return convertNpz(input, out, { ...options, ...chosen, ...(labels === undefined ? {} : { labels }) });
    },
    flags: ['labels', 'type', 'column'],
  },
  idx: {
    convert: ([input], out, { labels }, options) => {
      if (labels !== undefined) return convertIdxTable(input, labels, out, options);
      const details = { place: 'lockstep convert --labels', expected: 'the file of the labels', received: 'nothing' };
      const advice = 'An IDX file of images goes with one of labels: --labels train-labels-idx1-ubyte.';
      throw new LockstepError('INVALID_OPTION', { ...details, advice });
    },
    flags: ['labels'],
  },
};

export const FORMAT_NAMES: readonly string[] = Object.keys(FORMATS);

const EXTENSIONS: Readonly<Record<string, string>> = {
  ...{
    '.csv': 'csv',
    '.tsv': 'csv',
    '.txt': 'csv',
    '.jsonl': 'jsonl',
    '.ndjson': 'jsonl',
    '.npy': 'npy',
    '.npz': 'npz',
  },
  ...{
    '.parquet': 'parquet',
    '.pq': 'parquet',
    '.arrow': 'arrow',
    '.arrows': 'arrow',
    '.feather': 'arrow',
    '.ipc': 'arrow',
  },
};

/** The flags as they are written. */
const WRITTEN: Readonly<Record<Flag, string>> = {
  ...{ header: '--no-header', separator: '--separator', type: '--type', onBadRow: '--on-bad-row' },
  ...{ labels: '--labels', column: '--column', parquetReader: '--parquet-reader' },
};

/** By `--format`, or by the name of the first file. INVALID_OPTION also for a flag that means nothing for it. */
export function formatFor(inputs: readonly string[], flags: ConvertFlags): Format {
  const name = flags.format ?? formatOf(inputs[0]);
  const format = FORMATS[name];
  for (const [flag, written] of Object.entries(WRITTEN) as [Flag, string][]) {
    const isGiven = flag === 'header' ? !flags.header : flags[flag] !== undefined;
    if (!isGiven || format.flags.includes(flag)) continue;
    throw invalid(written, `a flag of ${name} (${format.flags.map((one) => WRITTEN[one]).join(', ')})`, written);
  }
  if (inputs.length > 1 && format.takesSeveral !== true) {
    throw invalid('', `one file of ${name}, then a folder`, inputs.join(' '));
  }
  return format;
}

function formatOf(input: string): string {
  const name = input.replace(/\.gz$/, '');
  // MNIST's own files have no extension: train-images-idx3-ubyte.
  const format = name.endsWith('idx3-ubyte') ? 'idx' : EXTENSIONS[extname(name).toLowerCase()];
  if (format !== undefined) return format;
  throw new LockstepError('INVALID_OPTION', {
    place: 'lockstep convert',
    expected: `a file whose name ends with ${Object.keys(EXTENSIONS).join(', ')}, or --format`,
    received: input,
    advice: `Formats: ${FORMAT_NAMES.join(', ')}.`,
  });
}

function invalid(flag: string, expected: string, received: string): LockstepError {
  const advice = 'lockstep convert --help lists what each format takes.';
  return new LockstepError('INVALID_OPTION', { place: `lockstep convert ${flag}`.trim(), expected, received, advice });
}

function textOptions({ type = [], onBadRow }: ConvertFlags): TextTableOptions {
  return {
    types: Object.fromEntries(type) as Record<string, TextColumnType>,
    ...(onBadRow === undefined ? {} : { onBadRow: onBadRow as 'error' | 'skip' }),
  };
}

function columnChoice({ type, column }: ConvertFlags): ColumnChoiceOptions {
  return {
    ...(type === undefined ? {} : { types: Object.fromEntries(type) as Record<string, 'skip'> }),
    ...(column === undefined ? {} : { columns: column }),
  };
}

function isTabbed(input: string, { separator }: ConvertFlags): boolean {
  return separator === undefined && /\.tsv(\.gz)?$/.test(input);
}
