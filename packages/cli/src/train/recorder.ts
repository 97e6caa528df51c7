import { relative } from 'node:path';
import {
  type Callback,
  type CheckpointWritten,
  type EpochEnd,
  type EpochMetrics,
  loadKernels,
  readCheckpointHeader,
  type ThreadRestart,
  type TrainBegin,
} from '@lockstep/core';
import { unwritable } from '@lockstep/core/files';
import type { ResolvedConfig } from '../overrides.ts';
import { beginRun, removeLeftovers } from '../run/directory.ts';
import {
  checkpointEvent,
  type EndEvent,
  epochEvent,
  type EpochEvent,
  metricsOf,
  type RunEvent,
} from '../run/events.ts';
import { type RunFile, writeRunFile } from '../run/manifest.ts';
import { eventsUntil, MetricsLog, readEvents, writeEvents } from '../run/metricsLog.ts';
import type { Destination } from './destination.ts';
import type { TrainReport } from './report.ts';
import { runFileOf, type SessionPlan, sessionOf } from './session.ts';

/**
 * Follows a run: makes its directory, or takes over the one that is there, when the first step is certain to come; then
 * writes and tells of every event. A run that turns out to be complete is left as it is.
 */
export class RunRecorder {
  readonly #config: ResolvedConfig;
  readonly #destination: Destination;
  readonly #plan: SessionPlan;
  readonly #report: TrainReport;
  readonly #initialWeightsHash: string;
  #log: MetricsLog | null = null;
  /** Whether steps are certain to come, or have come. */
  begun = false;
  /** Whether everything that was asked for had been done, and told of, before. */
  wasComplete = false;
  lastEpoch: { readonly epoch: number; readonly metrics: EpochMetrics } | null = null;
  lastCheckpoint: CheckpointWritten | null = null;
  readonly restarts: ThreadRestart[] = [];

  constructor(config: ResolvedConfig, destination: Destination, plan: SessionPlan, report: TrainReport) {
    this.#config = config;
    this.#destination = destination;
    this.#plan = plan;
    this.#report = report;
    // When a checkpoint has been read into the model, it is too late.
    this.#initialWeightsHash = config.model.weightsHash();
  }

  callback(): Callback {
    return {
      // Only now all options and data are checked: a mistake in them leaves no directory behind.
      onTrainBegin: (begin) => this.#begin(begin),
      onEpochEnd: (end) => this.#epoch(end),
      onCheckpoint: (written) => {
        this.lastCheckpoint = written;
        const event = checkpointEvent(written, this.#fileName(written.path));
        this.#append(event);
        this.#report.checkpoint(event);
      },
      onThreadRestart: (restart) => {
        this.restarts.push(restart);
        this.#append({ event: 'restart', ...restart });
        this.#report.restart(restart);
      },
    };
  }

  /** The last line of the run, on the disk when this resolves. */
  async end(event: EndEvent): Promise<void> {
    if (!this.wasComplete) await this.#log?.append(event);
  }

  async close(): Promise<void> {
    await this.#log?.close();
  }

  async #begin(begin: TrainBegin): Promise<void> {
    const { directory, run } = this.#destination;
    const { model, path: config } = this.#config;
    const { resumed } = begin;
    const session = sessionOf(this.#plan, begin, resumed === null ? null : this.#fileName(resumed.path));
    if (run === null || resumed === null) {
      await beginRun(directory, runFileOf(session, begin, this.#config, this.#initialWeightsHash));
      const earlier = resumed === null ? [] : await eventsOfCheckpoint(resumed.path, begin.steps);
      if (earlier.length > 0) await writeEvents(directory, earlier);
      this.#keep(earlier);
    } else await this.#takeOver(run, session, resumed, begin);
    this.#log = await MetricsLog.open(directory);
    this.begun = true;
    this.#report.start({ ...begin, config, directory, model, kernels: loadKernels() });
    if (resumed === null) return;
    const event = {
      ...{ event: 'resume' as const, from: this.#fileName(resumed.path) },
      ...{ epoch: resumed.epoch, steps: resumed.steps, workers: begin.workers },
    };
    if (!this.wasComplete) await this.#log.append(event);
    this.#report.resume(event, resumed);
  }

  /** Brings a run directory to where the checkpoint stands. */
  async #takeOver(
    run: RunFile,
    session: RunFile['resumptions'][number],
    resumed: NonNullable<TrainBegin['resumed']>,
    begin: TrainBegin,
  ): Promise<void> {
    const { directory } = this.#destination;
    const events = await readEvents(directory);
    this.wasComplete = isComplete(events, resumed.steps, begin, this.#config.fit.maxSteps ?? Infinity);
    this.#keep(eventsUntil(events, resumed));
    if (this.wasComplete) return;
    try {
      await removeLeftovers(directory);
    } catch (cause) {
      throw unwritable(directory, cause);
    }
    await writeEvents(directory, eventsUntil(events, resumed));
    await writeRunFile(directory, { ...run, resumptions: [...run.resumptions, session] });
  }

  /** The last epoch of earlier, for a run that has no other before it ends. */
  #keep(events: readonly RunEvent[]): void {
    const last = events.findLast((event): event is EpochEvent => event.event === 'epoch');
    if (last !== undefined) this.lastEpoch = { epoch: last.epoch, metrics: metricsOf(last) };
  }

  async #epoch(end: EpochEnd): Promise<void> {
    this.lastEpoch = end;
    // A last epoch that `maxSteps` cut short is evaluated once more; it has been told of.
    if (this.wasComplete) return;
    const event = epochEvent(end);
    await this.#log?.append(event);
    this.#report.epoch(event);
  }

  #append(event: RunEvent): void {
    if (!this.wasComplete) void this.#log?.append(event).catch(() => {});
  }

  /** Relative to the run directory where it lies in it. */
  #fileName(path: string): string {
    const name = relative(this.#destination.directory, path);
    return name.startsWith('..') ? path : name;
  }
}

/** What a checkpoint knows of the epochs before it, for the directory of a run that begins with it. */
async function eventsOfCheckpoint(path: string, stepsPerEpoch: number): Promise<EpochEvent[]> {
  const { record } = await readCheckpointHeader(path);
  return record.weightsHashes.map((weightsHash, index) => {
    const metrics = Object.entries(record.metrics).map(([name, values]) => [name, values[index]] as const);
    const steps = (index + 1) * stepsPerEpoch;
    return { event: 'epoch', epoch: index + 1, steps, ...Object.fromEntries(metrics), weightsHash };
  });
}

/** Whether the last event says that all has been done that is now asked for. */
function isComplete(events: readonly RunEvent[], steps: number, begin: TrainBegin, maxSteps: number): boolean {
  const last = events.at(-1);
  if (last?.event !== 'end' || last.status !== 'completed' || last.steps !== steps) return false;
  return (
    ['callback', 'convergence'].includes(last.stoppedBy) || steps >= Math.min(begin.epochs * begin.steps, maxSteps)
  );
}
