import { resolve } from 'node:path';
import {
  type Callback,
  checkFitOptions,
  type EpochEnd,
  type EpochMetrics,
  type FitOptions,
  type History,
  loadKernels,
  progressLine,
} from '@lockstep/core';
import type { TrainFlags } from '../flags.ts';
import { type LoadedConfig, loadConfig } from '../loadConfig.ts';
import { applyFlags } from '../overrides.ts';
import { Interruption } from './interruption.ts';
import { jsonReport } from './jsonReport.ts';
import { epochRecord, type TrainReport } from './report.ts';
import { resolvedConfig } from './resolvedConfig.ts';
import { defaultRunPath, RunDirectory, refuseOccupied } from './runDirectory.ts';
import { textReport } from './textReport.ts';

/** `lockstep train`: returns the exit code. */
export async function train(file: string, flags: TrainFlags): Promise<number> {
  const out = resolve(flags.out ?? defaultRunPath(file, new Date()));
  refuseOccupied(out);
  const config = applyFlags(await loadConfig(file), flags);
  checkFitOptions(config.fit);
  const write = (text: string): void => void process.stdout.write(text);
  const report = flags.json === true ? jsonReport(write) : textReport(write);

  const recorder = new RunRecorder(config, flags, out, report);
  const interruption = new Interruption();
  try {
    const history = await fitUntilStopped(config, recorder.callbacks(flags.progress), interruption);
    const { directory, last } = recorder;
    if (directory === null) return interruption.exitCode; // Stopped before the first step: there is nothing to keep.
    await config.model.save(directory.modelPath);
    interruption.close();
    const { received: stoppedBy, exitCode } = interruption;
    const test = stoppedBy === null ? await evaluateTest(config) : null;
    const { path, modelPath } = directory;
    const weightsHash = config.model.weightsHash();
    report.end({ last, history, stoppedBy, test, weightsHash, directory: path, modelPath });
    return exitCode;
  } finally {
    interruption.close();
    await recorder.directory?.close();
  }
}

/** Trains; null when a signal stopped it. */
async function fitUntilStopped(
  config: LoadedConfig,
  callbacks: readonly Callback[],
  { signal }: Interruption,
): Promise<History | null> {
  const { model, data, validation, fit } = config;
  const options: FitOptions = {
    ...fit,
    ...(validation === null ? {} : { validation }),
    callbacks: [...(fit.callbacks ?? []), ...callbacks],
    progress: false,
    signal,
  };
  try {
    return await model.fit(data, options);
  } catch (error) {
    if (error === signal.reason) return null;
    throw error;
  }
}

async function evaluateTest({ model, test, fit }: LoadedConfig): Promise<EpochMetrics | null> {
  if (test === null) return null;
  const { loss, metrics, workers } = checkFitOptions(fit);
  return model.evaluate(test, { loss, metrics, workers });
}

/** Follows a run: makes its directory when the first step is certain to come, then writes and tells of every epoch. */
class RunRecorder {
  readonly #config: LoadedConfig;
  readonly #flags: TrainFlags;
  readonly #out: string;
  readonly #report: TrainReport;
  directory: RunDirectory | null = null;
  last: EpochEnd | null = null;

  constructor(config: LoadedConfig, flags: TrainFlags, out: string, report: TrainReport) {
    this.#config = config;
    this.#flags = flags;
    this.#out = out;
    this.#report = report;
  }

  callbacks(progress: boolean): readonly Callback[] {
    const { model, data, path } = this.#config;
    const record: Callback = {
      // Only now all options and data are checked: a mistake in them leaves no directory behind.
      onTrainBegin: async (begin) => {
        this.directory = await RunDirectory.create(this.#out, path, resolvedConfig(this.#config, this.#flags, begin));
        this.#report.start({ ...begin, config: path, directory: this.#out, model, data, kernels: loadKernels() });
      },
      onEpochEnd: async (end) => {
        this.last = end;
        await this.directory?.appendMetrics(epochRecord(end));
        this.#report.epoch(end);
      },
    };
    return progress ? [record, progressLine(process.stderr)] : [record];
  }
}
