import { parseArgs } from 'node:util';

/** Flags that every example takes. */
export interface ExampleArguments {
  readonly workers: number | 'auto';
  /** Training steps at most; undefined for a full run. */
  readonly steps: number | undefined;
  readonly epochs: number;
  readonly seed: number;
  /** Folder of the data, for examples that read it from elsewhere. */
  readonly data: string | undefined;
}

export interface ExampleDefaults {
  readonly epochs: number;
  readonly seed: number;
  /** What `--data` names, for the help; absent: there is no such flag. */
  readonly dataHelp?: string;
}

const OPTIONS = {
  workers: { type: 'string' },
  steps: { type: 'string' },
  epochs: { type: 'string' },
  seed: { type: 'string' },
  data: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/** Reads the command line. `--help` and mistakes end the process, with exit code 0 and 2. */
export function readArguments(defaults: ExampleDefaults): ExampleArguments {
  const { dataHelp } = defaults;
  try {
    const { values } = parseArgs({ options: OPTIONS });
    const { workers = 'auto', data } = values;
    if (values.help === true) {
      process.stdout.write(help(defaults));
      process.exit(0);
    }
    if (data !== undefined && dataHelp === undefined) throw new Error("Unknown option '--data'");
    return {
      workers: workers === 'auto' ? 'auto' : wholeNumber('workers', workers, 1),
      steps: values.steps === undefined ? undefined : wholeNumber('steps', values.steps, 1),
      epochs: values.epochs === undefined ? defaults.epochs : wholeNumber('epochs', values.epochs, 1),
      seed: values.seed === undefined ? defaults.seed : wholeNumber('seed', values.seed, 0),
      data,
    };
  } catch (error) {
    return refuse(`${(error as Error).message}\n\n${help(defaults)}`);
  }
}

/** Ends the process with exit code 2: the command line, or what it names, cannot be used. */
export function refuse(message: string): never {
  process.stderr.write(`${message.trimEnd()}\n`);
  process.exit(2);
}

function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  const alternative = flag === 'workers' ? "'auto' or " : '';
  throw new Error(`--${flag}: expected ${alternative}a whole number of at least ${least}, received '${text}'.`);
}

function help({ epochs, seed, dataHelp }: ExampleDefaults): string {
  const lines = [
    '--workers N|auto   compute threads (default auto: every core); never changes the weights',
    '--steps N          stop after N training steps',
    `--epochs N         passes over the training data (default ${epochs})`,
    `--seed N           of the initial weights and the shuffle (default ${seed})`,
    ...(dataHelp === undefined ? [] : [`--data FOLDER      ${dataHelp}`]),
  ];
  return `Options:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
