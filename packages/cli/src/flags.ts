import { InvalidArgumentError } from 'commander';

/** A value for an option of the config: `--set fit.optimizer.learningRate=0.01` has the path below `fit`. */
export interface Assignment {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Flags of `lockstep train` that say what is trained and how; parsed. */
export interface RunFlags {
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly workers?: number | 'auto';
  readonly seed?: number;
  readonly maxSteps?: number;
  /** Seconds. */
  readonly maxTime?: number;
  /** Steps. */
  readonly checkpointEvery?: number;
  /** False for none. */
  readonly checkpoint?: boolean;
  readonly set?: readonly Assignment[];
}

/** All flags of `lockstep train`. */
export interface TrainFlags extends RunFlags {
  readonly out?: string;
  /** A run directory or a checkpoint; true: what `out` names. */
  readonly resume?: string | true;
  readonly json?: boolean;
  readonly progress: boolean;
}

/** Flags of `lockstep verify`, parsed. */
export interface VerifyFlags {
  readonly steps?: number;
  readonly workers?: number;
  readonly config?: string;
  readonly json?: boolean;
}

/** Flags of `lockstep convert`, parsed. */
export interface ConvertFlags {
  readonly format?: string;
  readonly header: boolean;
  readonly separator?: string;
  /** Names of columns and their types. */
  readonly type?: readonly (readonly [string, string])[];
  readonly onBadRow?: string;
  readonly shardMib?: number;
  readonly labels?: string;
  /** Columns to convert, where not all. */
  readonly column?: readonly string[];
  readonly parquetReader?: string;
  readonly json?: boolean;
  readonly progress: boolean;
}

// Parsers of single flags. They throw commander's error, which becomes a usage error with the flag's name.

export function parsePositiveInteger(text: string): number {
  const value = parseDigits(text);
  if (value === null || value < 1) throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return value;
}

export function parseSeed(text: string): number {
  const value = parseDigits(text);
  if (value === null) throw new InvalidArgumentError('Expected a whole number from 0 to 2^53 - 1.');
  return value;
}

export function parseWorkers(text: string): number | 'auto' {
  if (text === 'auto') return text;
  const value = parseDigits(text);
  if (value === null || value < 1) throw new InvalidArgumentError("Expected 'auto' or a whole number of at least 1.");
  return value;
}

export function parseSeconds(text: string): number {
  return parsePositiveNumber(text, 'Expected a number of seconds greater than 0.');
}

export function parseLearningRate(text: string): number {
  return parsePositiveNumber(text, 'Expected a number greater than 0.');
}

/** `fit.a.b=value`: the value is JSON, or else the text itself. */
export function parseAssignment(text: string): Assignment {
  const equals = text.indexOf('=');
  const [root, ...path] = text.slice(0, Math.max(equals, 0)).split('.');
  if (equals < 0 || root !== 'fit' || path.length === 0 || path.includes('')) {
    throw new InvalidArgumentError('Expected fit.<option>=<value>, e.g. fit.optimizer.learningRate=0.01.');
  }
  return { path, value: parseJson(text.slice(equals + 1)) };
}

/** `column=type`: the type is what stands behind the last equals sign. */
export function parseColumnType(text: string): readonly [string, string] {
  const equals = text.lastIndexOf('=');
  if (equals < 1) throw new InvalidArgumentError('Expected <column>=<type>, e.g. age=int32 or name=skip.');
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** Makes a parser of one flag into one that may be repeated. */
export function collect<Value>(parse: (text: string) => Value): (text: string, previous?: Value[]) => Value[] {
  return (text, previous = []) => [...previous, parse(text)];
}

function parsePositiveNumber(text: string, message: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError(message);
  return value;
}

/** Plain digits only: Number() would also take '', '1e3' and '0x10'. */
function parseDigits(text: string): number | null {
  const value = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(value) ? value : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
