import { InvalidArgumentError } from 'commander';

/** A value for an option of the config: `--set fit.optimizer.learningRate=0.01` has the path below `fit`. */
export interface Assignment {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Flags of `lockstep train`, parsed. */
export interface TrainFlags {
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly workers?: number | 'auto';
  readonly seed?: number;
  readonly maxSteps?: number;
  readonly set?: readonly Assignment[];
  readonly out?: string;
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

export function parseLearningRate(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError('Expected a number greater than 0.');
  return value;
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

/** Makes a parser of one flag into one that may be repeated. */
export function collect<Value>(parse: (text: string) => Value): (text: string, previous?: Value[]) => Value[] {
  return (text, previous = []) => [...previous, parse(text)];
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
