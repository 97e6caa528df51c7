/** What a scan has found, as a file: written and read to the same bits, and checked before it is trusted. */
import { createHash } from 'node:crypto';
import { parseJson } from '@lockstep/core/files';
import type { SelectedColumn } from '../layout/columns.ts';
import { isUsed } from '../layout/request.ts';
import type { Category } from '../layout/request.ts';
import type { Statistics } from '../layout/statistics.ts';
import type { Scanned } from './scan.ts';

const FORMAT = 'lockstep-scan';
const VERSION = 1;
/** Rows of record batches, texts of vocabularies. */
const LIMITS = { depth: 3, values: 2 ** 23 };
const NAMES = ['count', 'mean', 'standardDeviation', 'min', 'max'] as const;

/** What must be in a file for it to be of these data. */
export interface ScanShape {
  /** Names all that the scan depends on. */
  readonly key: string;
  /** Rows of each record batch. */
  readonly batchRows: readonly number[];
  readonly columns: readonly SelectedColumn[];
}

interface Content {
  readonly counts: Readonly<Record<string, unknown>>;
  /** For each batch null where all rows are kept, or its bits. */
  readonly kept: readonly unknown[];
  /** Doubles of one column after the other, so that no bit of them is lost. */
  readonly statistics: Readonly<Record<string, unknown>>;
  readonly vocabularies: Readonly<Record<string, unknown>>;
}

export function encodeScan({ key }: ScanShape, { kept, counts, statistics, vocabularies }: Scanned): string {
  const numbers = Array.from(statistics, ([column, each]): [number, string] => {
    const doubles = Float64Array.from(NAMES.flatMap((name) => each[name]));
    return [column, base64(new Uint8Array(doubles.buffer))];
  });
  const content: Content = {
    counts: { ...counts },
    kept: kept.map((bits) => (bits === undefined ? null : base64(bits))),
    statistics: Object.fromEntries(numbers),
    vocabularies: Object.fromEntries(vocabularies),
  };
  const text = JSON.stringify(content);
  return `${JSON.stringify({ format: FORMAT, version: VERSION, key, sha256: sha256(text) })}\n${text}\n`;
}

/** undefined for a file of other data, of another version, or with anything in it that cannot be: it is only a memory, and made again. */
export function decodeScan(file: string, shape: ScanShape): Scanned | undefined {
  const [head, text, ...rest] = file.split('\n');
  const header = parse(head);
  if (header?.format !== FORMAT || header.version !== VERSION || header.key !== shape.key) return undefined;
  if (rest.join('') !== '' || header.sha256 !== sha256(text ?? '')) return undefined;
  const content = parse(text) as Content | undefined;
  if (content === undefined) return undefined;
  const { counts, kept, statistics, vocabularies } = content;
  if (![counts, statistics, vocabularies].every(isObject) || !Array.isArray(kept)) return undefined;

  const { inFiles, filtered, skipped } = counts;
  const rows = shape.batchRows.reduce((sum, each) => sum + each, 0);
  if (!isCount(filtered) || !isCount(skipped) || inFiles !== rows || filtered + skipped > rows) return undefined;
  const bits = keptOf(kept, shape.batchRows);
  const numbers = statisticsOf(statistics, shape.columns);
  const texts = vocabulariesOf(vocabularies, shape.columns);
  if (bits === undefined || numbers === undefined || texts === undefined) return undefined;
  return { kept: bits, counts: { inFiles: rows, filtered, skipped }, statistics: numbers, vocabularies: texts };
}

function keptOf(kept: readonly unknown[], batchRows: readonly number[]): (Uint8Array | undefined)[] | undefined {
  if (kept.length !== batchRows.length) return undefined;
  const all: (Uint8Array | undefined)[] = [];
  for (const [batch, rows] of batchRows.entries()) {
    const bits = kept[batch] === null ? undefined : bytesOf(kept[batch], Math.ceil(rows / 8));
    if (bits === undefined && kept[batch] !== null) return undefined;
    all.push(bits);
  }
  return all;
}

function statisticsOf(
  statistics: Readonly<Record<string, unknown>>,
  columns: readonly SelectedColumn[],
): Map<number, Statistics> | undefined {
  const all = new Map<number, Statistics>();
  for (const [index, { request, width }] of columns.entries()) {
    if (request.normalize === undefined && request.fillNull?.isMean !== true) continue;
    const bytes = bytesOf(statistics[index], 8 * NAMES.length * width);
    if (bytes === undefined) return undefined;
    const doubles = new Float64Array(bytes.buffer);
    if (!doubles.every(Number.isFinite)) return undefined;
    const of = (name: number): number[] => Array.from(doubles.subarray(name * width, (name + 1) * width));
    all.set(index, { count: of(0), mean: of(1), standardDeviation: of(2), min: of(3), max: of(4) });
  }
  return all;
}

function vocabulariesOf(
  vocabularies: Readonly<Record<string, unknown>>,
  columns: readonly SelectedColumn[],
): Map<number, readonly Category[]> | undefined {
  const all = new Map<number, readonly Category[]>();
  for (const [index, { request, reading, isTexts }] of columns.entries()) {
    if (!reading.isCategory || !isUsed(request)) continue;
    const vocabulary: unknown = vocabularies[index];
    const isCategory = (value: unknown): boolean =>
      isTexts && reading.cast === undefined ? typeof value === 'string' : Number.isSafeInteger(value);
    if (!Array.isArray(vocabulary) || !vocabulary.every(isCategory)) return undefined;
    if (new Set(vocabulary).size !== vocabulary.length) return undefined;
    all.set(index, vocabulary as Category[]);
  }
  return all;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** In a buffer of its own; undefined for what is not so many bytes. */
function bytesOf(value: unknown, bytes: number): Uint8Array<ArrayBuffer> | undefined {
  if (typeof value !== 'string' || value.length !== Math.ceil(bytes / 3) * 4) return undefined;
  const decoded = Uint8Array.from(Buffer.from(value, 'base64'));
  return decoded.length === bytes ? decoded : undefined;
}

function parse(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value = parseJson(text ?? '', LIMITS);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
