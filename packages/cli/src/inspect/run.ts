import { stat } from 'node:fs/promises';
import {
  type CheckpointPosition,
  formatBytes,
  formatCount,
  formatMetrics,
  LockstepError,
  type RowCounts,
} from '@lockstep/core';
import { findCheckpoints } from '../run/checkpoints.ts';
import { type EndEvent, type EpochEvent, metricsOf, type RunEvent } from '../run/events.ts';
import { readRunFile, type Session } from '../run/manifest.ts';
import { readEvents } from '../run/metricsLog.ts';
import { formatTable } from '../table.ts';
import type { Description } from './description.ts';

/** Epochs that are shown to people: the last ones. */
const EPOCHS_SHOWN = 10;

/** A run directory: how it began and went on, its last epochs, and the checkpoints that are there. */
export async function describeRun(directory: string): Promise<Description> {
  const run = await readRunFile(directory);
  if (run === null) {
    throw new LockstepError('FILE_NOT_FOUND', {
      place: directory,
      expected: 'a run directory',
      received: 'none',
      advice: 'Was it deleted just now?',
    });
  }
  const events = await readEvents(directory);
  const { checkpoints, unreadable } = await findCheckpoints(directory);
  const files = await Promise.all(
    checkpoints.map(async ({ file, path, header: { position, weightsHash } }) => {
      return { file, ...position, weightsHash, bytes: (await stat(path)).size };
    }),
  );
  const epochs = events.filter((event): event is EpochEvent => event.event === 'epoch');
  const end = endOf(events);
  const record = {
    manifest: run,
    epochs: epochs.length,
    last: epochs.at(-1) ?? null,
    end,
    checkpoints: files,
    unreadable: unreadable.map(({ file, error }) => ({ file, error: error.message })),
  };
  const row = (name: string, value: string): string => `${name.padEnd(12)}${value}`;
  const { configuration, configurationHash, machine, kernels, versions } = run;
  const shown = epochs.slice(-EPOCHS_SHOWN);
  const text = [
    row('run', directory),
    row('config', `${run.config.path}, SHA-256 ${run.config.sha256.slice(0, 12)}…`),
    row('data', `${formatCount(configuration.data.rows)} rows, fingerprint ${run.dataFingerprint.slice(0, 12)}…`),
    ...describeLeftOut(run.rows?.train.counts ?? null).map((counts) => row('left out', counts)),
    row('identity', `configuration SHA-256 ${configurationHash}`),
    row('machine', `${machine.processor}, ${machine.cores} cores, ${machine.platform}, Node ${versions.node}`),
    row('kernels', `${kernels.kind}, tile ${kernels.tile}, ${kernels.fusedMultiplyAdd ? '' : 'no '}fused multiply-add`),
    row('began', describeSession(run)),
    ...run.resumptions.map((session) => row('went on', describeSession(session))),
    row('state', describeEnd(end)),
    '',
    ...(shown.length < epochs.length ? [`The last ${shown.length} of ${formatCount(epochs.length)} epochs`] : []),
    shown.length === 0 ? 'No epoch has come to its end.' : formatEpochs(shown),
    '',
    files.length === 0 ? 'There are no checkpoints.' : formatCheckpoints(files),
    ...unreadable.map(({ file, error }) => `${file} cannot be read: ${error.message}`),
  ].join('\n');
  return { record, text };
}

function describeLeftOut(counts: RowCounts | null): string[] {
  if (counts === null || counts.filtered + counts.skipped === 0) return [];
  const { inFiles, filtered, skipped } = counts;
  return [
    `of ${formatCount(inFiles)} rows ${formatCount(filtered)} by the filter, ${formatCount(skipped)} as bad records`,
  ];
}

function formatEpochs(epochs: readonly EpochEvent[]): string {
  return formatTable(
    ['Epoch', 'Steps', 'Metrics', 'Weights'],
    epochs.map((event) => [
      String(event.epoch),
      formatCount(event.steps),
      formatMetrics(metricsOf(event)),
      `${event.weightsHash.slice(0, 12)}…`,
    ]),
  );
}

interface CheckpointLine extends CheckpointPosition {
  readonly file: string;
  readonly weightsHash: string;
  readonly bytes: number;
}

function formatCheckpoints(files: readonly CheckpointLine[]): string {
  return formatTable(
    ['Checkpoint', 'Epochs', 'Steps', 'Weights', 'Size'],
    files.map(({ file, epoch, steps, weightsHash, bytes }) => [
      ...[file, String(epoch), formatCount(steps), `${weightsHash.slice(0, 12)}…`, formatBytes(bytes)],
    ]),
  );
}

function describeSession({ startedAt, workers, from }: Session): string {
  const threads = `${workers} ${workers === 1 ? 'worker' : 'workers'}`;
  const after = from === null ? '' : ` after ${formatCount(from.steps)} steps, from ${from.file},`;
  return `${startedAt}${after} with ${threads}`;
}

/** How the last session ended; null when it is still going on, or was killed. */
function endOf(events: readonly RunEvent[]): EndEvent | null {
  const last = events.at(-1);
  return last?.event === 'end' ? last : null;
}

function describeEnd(end: EndEvent | null): string {
  if (end === null) return 'in progress, or killed';
  const steps = end.steps === null ? '' : ` after ${formatCount(end.steps)} steps`;
  const hash = end.weightsHash === null ? '' : `, weights SHA-256 ${end.weightsHash}`;
  return `${end.status} (${end.stoppedBy})${steps}${hash}`;
}
