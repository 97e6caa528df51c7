import { extname } from 'node:path';
import { convertCsv, convertIdxTable, convertJsonLines, convertNpy } from '@lockstep/arrow';
import type { ConvertOptions, TableColumn, TableIndex, TextColumnType, TextTableOptions } from '@lockstep/arrow';
import { formatCount, formatSeconds, LockstepError } from '@lockstep/core';
import type { ConvertFlags } from '../flags.ts';
import { formatIndex } from '../inspect/table.ts';
import { printable } from '../printable.ts';
import { ConversionLine } from './conversionLine.ts';

type Convert = (input: string, out: string, flags: ConvertFlags, options: ConvertOptions) => Promise<TableIndex>;

const FORMATS: Readonly<Record<string, Convert>> = {
  csv: (input, out, flags, options) => {
    const { header, separator } = flags;
    const separators = separator === undefined ? {} : { separator: separator === 'tab' ? '\t' : separator };
    return convertCsv(input, out, { ...options, ...textOptions(flags), header, ...separators });
  },
  jsonl: (input, out, flags, options) => convertJsonLines(input, out, { ...options, ...textOptions(flags) }),
  idx: (input, out, { labels }, options) => {
    if (labels !== undefined) return convertIdxTable(input, labels, out, options);
    const details = { place: 'lockstep convert --labels', expected: 'the file of the labels', received: 'nothing' };
    const advice = 'An IDX file of images goes with one of labels: --labels train-labels-idx1-ubyte.';
    throw new LockstepError('INVALID_OPTION', { ...details, advice });
  },
  npy: (input, out, { labels }, options) => {
    return convertNpy(input, out, { ...options, ...(labels === undefined ? {} : { labels }) });
  },
};

/** Formats that do not say of which types their values are. */
const INFERRED: ReadonlySet<string> = new Set(['csv', 'jsonl']);

const EXTENSIONS: Readonly<Record<string, string>> = {
  ...{ '.csv': 'csv', '.tsv': 'csv', '.txt': 'csv', '.jsonl': 'jsonl', '.ndjson': 'jsonl', '.npy': 'npy' },
};

/** `lockstep convert`: writes the folder, and tells what is in it. */
export async function convert(input: string, out: string, flags: ConvertFlags): Promise<number> {
  const format = flags.format ?? formatOf(input);
  const line = new ConversionLine(process.stderr, input, flags.progress);
  const started = performance.now();
  let index: TableIndex;
  try {
    index = await FORMATS[format](input, out, isTabbed(input, flags) ? { ...flags, separator: 'tab' } : flags, {
      ...(flags.shardMib === undefined ? {} : { shardMebibytes: flags.shardMib }),
      onColumns: (columns, sampleRows) => {
        if (INFERRED.has(format)) line.print(describeColumns(columns, sampleRows, flags));
      },
      onProgress: (done, total) => line.show(done, total),
    });
  } finally {
    line.clear();
  }
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ out, ...index })}\n`);
    return 0;
  }
  const seconds = formatSeconds((performance.now() - started) / 1000);
  process.stdout.write(`${formatIndex(index)}\n\n${out}: ${formatCount(index.rows)} rows in ${seconds}\n`);
  return 0;
}

function textOptions({ type = [], onBadRow }: ConvertFlags): TextTableOptions {
  return {
    types: Object.fromEntries(type) as Record<string, TextColumnType>,
    ...(onBadRow === undefined ? {} : { onBadRow: onBadRow as 'error' | 'skip' }),
  };
}

/** `age int32 (given), city category`: what was chosen, before hours of work are done with it. */
function describeColumns(columns: readonly TableColumn[], sampleRows: number, { type = [] }: ConvertFlags): string {
  const given = new Set(type.map(([name]) => name));
  const shown = columns.slice(0, MOST_SHOWN).map((column) => {
    return `${printable(column.name)} ${column.type}${given.has(column.name) ? ' (given)' : ''}`;
  });
  const more = columns.length > MOST_SHOWN ? `, and ${formatCount(columns.length - MOST_SHOWN)} more` : '';
  return `types from the first ${formatCount(sampleRows)} rows: ${shown.join(', ')}${more}`;
}

/** Columns that are named in a line. */
const MOST_SHOWN = 40;

function isTabbed(input: string, { separator }: ConvertFlags): boolean {
  return separator === undefined && /\.tsv(\.gz)?$/.test(input);
}

function formatOf(input: string): string {
  const name = input.replace(/\.gz$/, '');
  // MNIST's own files have no extension: train-images-idx3-ubyte.
  const format = name.endsWith('idx3-ubyte') ? 'idx' : EXTENSIONS[extname(name)];
  if (format !== undefined) return format;
  throw new LockstepError('INVALID_OPTION', {
    place: 'lockstep convert',
    expected: `a file whose name ends with ${Object.keys(EXTENSIONS).join(', ')}, or --format`,
    received: input,
    advice: `Formats: ${Object.keys(FORMATS).join(', ')}.`,
  });
}
