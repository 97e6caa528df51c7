import { type FileHandle, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { unwritable, writeAtomically } from '../files/atomicFile.ts';
import { makeFolder } from '../files/makeFolder.ts';
import { checkOptions } from '../model/check.ts';
import { invalidCallbackState } from './callbackStates.ts';
import type { Callback, CallbackState, EpochEnd, TrainBegin } from './callbacks.ts';

export interface CsvLoggerOptions {
  /** Whether what a file of this name holds stays, and the lines of this run follow; default false. */
  readonly append?: boolean;
  /** Between the values of a line; default a comma. */
  readonly separator?: string;
}

const schema = v.strictObject({
  path: v.pipe(v.string('path is the path of a file'), v.nonEmpty('path is the path of a file')),
  append: v.optional(v.boolean('append is true or false'), false),
  separator: v.optional(
    v.pipe(
      v.string('separator is a character'),
      v.regex(/^[^\w.+"\r\n-]$/, 'separator is one character that is in no number and no name, such as a semicolon'),
    ),
    ',',
  ),
});

const stateSchema = v.strictObject({ before: v.pipe(v.number(), v.integer(), v.minValue(0)) });

/**
 * Writes a line an epoch: its number, the training steps done, the metrics, and the learning rate of the next update, under a
 * line with their names (Keras's CSVLogger). A line is written at once and flushed: a process that is killed leaves whole lines, and
 * a run that resumes goes on behind the epochs that its checkpoint knows, so that no epoch stands twice. Throws FILE_NOT_WRITTEN,
 * and INVALID_OPTION for a file to append to that has other columns.
 */
export function csvLogger(path: string, options: CsvLoggerOptions = {}): Callback {
  return new CsvLogger(checkOptions(schema, { ...options, path }, 'csvLogger'));
}

class CsvLogger implements Callback {
  readonly name: string;
  readonly writesFiles = true;
  readonly #options: v.InferOutput<typeof schema>;
  #file: FileHandle | null = null;
  /** The first line of the file, without its end; null for an empty file. */
  #header: string | null = null;
  /** Lines in front of those of this run; null where no checkpoint has told. */
  #before: number | null = null;

  constructor(options: v.InferOutput<typeof schema>) {
    this.#options = options;
    this.name = `csvLogger ${options.path.replaceAll('/', ' ')}`;
  }

  async onTrainBegin({ resumed }: TrainBegin): Promise<void> {
    const { path, append } = this.#options;
    await makeFolder(dirname(path));
    const lines = resumed === null && !append ? [] : await this.#read();
    const kept = resumed === null ? lines : this.#until(lines, resumed.epoch);
    if (resumed === null) this.#before = kept.length;
    this.#header = kept[0] ?? null;
    // Written anew where lines, or half of one, must go. What was there stays until the new file is whole.
    await writeAtomically(path, (file) => file.write(Buffer.from(kept.map((line) => `${line}\n`).join(''))));
    this.#file = await attempt(path, () => open(path, 'a'));
  }

  async onEpochEnd({ epoch, steps, metrics, learningRate }: EpochEnd): Promise<void> {
    const { path, separator } = this.#options;
    const header = ['epoch', 'steps', ...Object.keys(metrics), 'learningRate'].join(separator);
    const line = [epoch, steps, ...Object.values(metrics), learningRate].join(separator);
    if (this.#header !== null && this.#header !== header) throw otherColumns(path, header, this.#header);
    const text = this.#header === null ? `${header}\n${line}\n` : `${line}\n`;
    this.#header = header;
    await attempt(path, async () => {
      await this.#file?.appendFile(text);
      await this.#file?.datasync();
    });
  }

  async onTrainEnd(): Promise<void> {
    // For a second run, which may begin anew or with what a checkpoint holds for this callback.
    this.#before = null;
    await this.#file?.close();
    this.#file = null;
  }

  saveState(): CallbackState {
    return { json: { before: this.#before ?? 0 } };
  }

  loadState({ json }: CallbackState): void {
    const { success, output } = v.safeParse(stateSchema, json);
    if (!success) throw invalidCallbackState(this.name, json);
    this.#before = output.before;
  }

  /** The whole lines of the file; none when it does not exist. */
  async #read(): Promise<string[]> {
    const text = await readFile(this.#options.path, 'utf8').catch((cause: unknown) => {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw unwritable(this.#options.path, cause);
    });
    return text.split('\n').slice(0, -1);
  }

  /** Without the epochs of the last run in the file that come after `epoch`: they have yet to happen. */
  #until(lines: readonly string[], epoch: number): string[] {
    const { separator } = this.#options;
    const epochOf = (line: string): number => Number(line.slice(0, line.indexOf(separator)));
    const begin = (this.#before ??= Math.max(
      0,
      lines.findLastIndex((line) => epochOf(line) === 1),
    ));
    return lines.filter((line, index) => index < begin || !(epochOf(line) > epoch));
  }
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function otherColumns(path: string, expected: string, received: string): LockstepError {
  return new LockstepError('INVALID_OPTION', {
    place: `csvLogger: ${path}`,
    expected: `the columns ${expected}`,
    received: received.slice(0, 200),
    advice: 'Log a run with other metrics into another file, or leave `append` out.',
  });
}
