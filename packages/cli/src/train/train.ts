import {
  checkFitOptions,
  type EpochMetrics,
  type FitOptions,
  type History,
  LockstepError,
  progressLine,
} from '@lockstep/core';
import { exitCodeOf } from '../failure.ts';
import type { TrainFlags } from '../flags.ts';
import { loadConfig } from '../loadConfig.ts';
import { applyFlags, inheritFlags, type ResolvedConfig } from '../overrides.ts';
import { checkpointNames } from '../run/checkpoints.ts';
import { type RunPaths, removeIfEmpty, runPaths } from '../run/directory.ts';
import type { EndEvent } from '../run/events.ts';
import { lastSession } from '../run/manifest.ts';
import { chooseDestination, type Destination } from './destination.ts';
import { Interruption } from './interruption.ts';
import { jsonReport } from './jsonReport.ts';
import { notice, showWarnings } from './notices.ts';
import { RunRecorder } from './recorder.ts';
import type { TrainReport } from './report.ts';
import { resumeCommand } from './resumeCommand.ts';
import { planSession } from './session.ts';
import { textReport } from './textReport.ts';

/** `lockstep train`: returns the exit code. */
export async function train(file: string, flags: TrainFlags): Promise<number> {
  showWarnings();
  const interruption = new Interruption();
  try {
    const destination = await chooseDestination(file, flags);
    const all = destination.run === null ? flags : inheritFlags(lastSession(destination.run).flags, flags);
    const config = applyFlags(await loadConfig(file), all);
    const paths = runPaths(destination.directory);
    const options = fitOptions(config, destination, paths);
    const plan = await planSession(config, all, { ...checkFitOptions(options, config.model.spec) });
    if (interruption.received !== null) return await notBegun(interruption, paths);
    const write = (text: string): void => void process.stdout.write(text);
    const report = all.json === true ? jsonReport(write) : textReport(write);
    const recorder = new RunRecorder(config, destination, plan, report);
    const run = { config, options, paths, recorder, report, interruption, showsProgress: all.progress };
    return await new TrainCommand({ ...run, resume: resumeCommand(file, paths.directory) }).run();
  } finally {
    interruption.close();
  }
}

/** The options of `fit`, but for what the command adds when it runs. */
function fitOptions(
  { fit, validation, checkpoint }: ResolvedConfig,
  { from }: Destination,
  { checkpoints }: RunPaths,
): FitOptions {
  return {
    ...fit,
    ...(validation === null ? {} : { validation }),
    ...(checkpoint === null ? {} : { checkpoint: { ...checkpoint, directory: checkpoints } }),
    resume: resumeOption(from, checkpoint === null ? checkpoints : true),
    ...{ progress: false, handleSignals: false },
  };
}

/** `newest`: without checkpoints of its own, a run still goes on from those in the folder. */
function resumeOption(from: Destination['from'], newest: string | true): string | boolean {
  if (from === null) return false;
  return from === 'newest' ? newest : from.file;
}

/** Errors that say nothing against the run: it may go on when their cause is gone. */
const CIRCUMSTANCES: ReadonlySet<unknown> = new Set([
  ...['FILE_NOT_WRITTEN', 'WORKER_FAILED', 'LOADER_FAILED', 'STEP_TIMEOUT', 'FILE_CHANGED', 'FILE_NOT_FOUND'],
  'MEMORY_EXCEEDED',
]);

interface TrainCommandParts {
  readonly config: ResolvedConfig;
  readonly options: FitOptions;
  readonly paths: RunPaths;
  readonly recorder: RunRecorder;
  readonly report: TrainReport;
  readonly interruption: Interruption;
  readonly showsProgress: boolean;
  /** The command that goes on with the run. */
  readonly resume: string;
}

/** A run of the command from its first step to its last line. */
class TrainCommand {
  readonly #parts: TrainCommandParts;

  constructor(parts: TrainCommandParts) {
    this.#parts = parts;
  }

  async run(): Promise<number> {
    const { paths, recorder, interruption, resume } = this.#parts;
    try {
      const history = await this.#fit();
      if (!recorder.begun) return await notBegun(interruption, paths);
      return history === null ? await this.#interrupted() : await this.#finished(history);
    } catch (error) {
      const stoppedBy = error instanceof LockstepError ? error.code : 'error';
      // The disk may be what has failed: the error that is told is the first.
      await recorder.end({ event: 'end', status: 'failed', stoppedBy, steps: null, weightsHash: null }).catch(() => {});
      const exitCode = exitCodeOf(error);
      if (!recorder.begun) await removeIfEmpty(paths);
      else if (CIRCUMSTANCES.has(stoppedBy) && (await checkpointNames(paths.directory)).length > 0) {
        notice(`to go on from the last checkpoint: ${resume}`);
      }
      return exitCode;
    } finally {
      await recorder.close();
    }
  }

  /** Trains; null when a signal stopped it. */
  async #fit(): Promise<History | null> {
    const { config, options, recorder, interruption, showsProgress } = this.#parts;
    const { signal } = interruption;
    const own = showsProgress ? [recorder.callback(), progressLine(process.stderr)] : [recorder.callback()];
    try {
      const callbacks = [...(options.callbacks ?? []), ...own];
      return await config.model.fit(config.data, { ...options, callbacks, signal });
    } catch (error) {
      if (error === signal.reason) return null;
      throw error;
    }
  }

  async #interrupted(): Promise<number> {
    const { config, paths, recorder, interruption, resume } = this.#parts;
    const { lastCheckpoint } = recorder;
    const weightsHash = config.model.weightsHash();
    // A run that had to be given up where it stood may have left an update half done. Its last checkpoint is whole.
    const isWhole = config.checkpoint === null || lastCheckpoint?.weightsHash === weightsHash;
    if (isWhole) await config.model.save(paths.model);
    else
      notice(
        'the step in progress did not come to its end: the model is not saved, and the run goes on from an earlier checkpoint',
      );
    const signal = interruption.received;
    await this.#tell(
      {
        ...{ event: 'end', status: 'interrupted', stoppedBy: signal ?? 'signal' },
        ...{ steps: isWhole ? (lastCheckpoint?.steps ?? null) : null, weightsHash: isWhole ? weightsHash : null },
      },
      null,
      (await checkpointNames(paths.directory)).length > 0 ? resume : null,
    );
    return interruption.exitCode;
  }

  async #finished(history: History): Promise<number> {
    const { config, paths, interruption, resume } = this.#parts;
    await config.model.save(paths.model);
    const isOver = history.stoppedBy !== 'maxTime' && history.stoppedBy !== 'batchCallback';
    interruption.endAtOnce(`the model is saved in ${paths.model}; the test is left out`);
    const test = isOver && interruption.received === null ? await this.#test() : null;
    await this.#tell(
      {
        ...{ event: 'end', status: isOver ? 'completed' : 'stopped', stoppedBy: history.stoppedBy },
        ...{ steps: history.steps, weightsHash: history.weightsHash, test },
      },
      history,
      isOver || history.checkpoints.last === null ? null : resume,
    );
    // A signal that came after the last step has only kept the test from being evaluated.
    return interruption.exitCode;
  }

  async #test(): Promise<EpochMetrics | null> {
    const { model, test, fit } = this.#parts.config;
    if (test === null) return null;
    const { loss, metrics, workers } = checkFitOptions(fit, model.spec);
    return model.evaluate(test, { loss, metrics, workers });
  }

  async #tell(event: EndEvent, history: History | null, resume: string | null): Promise<void> {
    const { paths, recorder, report, interruption } = this.#parts;
    await recorder.end(event);
    const { lastEpoch, lastCheckpoint: checkpoint, restarts, wasComplete } = recorder;
    const parts = { event, history, resume, checkpoint, restarts, wasComplete, directory: paths.directory };
    const last = { epochs: lastEpoch?.epoch ?? 0, metrics: lastEpoch?.metrics ?? null };
    const modelPath = event.weightsHash === null ? null : paths.model;
    report.end({ ...parts, ...last, signal: interruption.received, modelPath });
  }
}

/** The exit code of a run that a signal stopped before its first step: there is nothing to keep. */
async function notBegun({ exitCode, received }: Interruption, paths: RunPaths): Promise<number> {
  await removeIfEmpty(paths);
  notice(`stopped by ${received} before the first step: nothing was written, start it again`);
  return exitCode;
}
