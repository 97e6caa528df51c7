import { existsSync } from 'node:fs';
import {
  type CheckpointHeader,
  customLayersOf,
  type DefinedLayer,
  differences,
  hashOf,
  loadModel,
  LockstepError,
  readCheckpoint,
} from '@lockstep/core';
import { findCheckpoints, type FoundCheckpoint } from '../run/checkpoints.ts';
import { runPaths } from '../run/directory.ts';
import type { EndEvent, RunEvent } from '../run/events.ts';
import type { RunFile } from '../run/manifest.ts';
import { type Check, compare } from './check.ts';
import type { Subject } from './subject.ts';

export interface FilesChecked {
  readonly checks: readonly Check[];
  readonly unchecked: readonly string[];
  /** Checkpoints that are whole, by steps. */
  readonly whole: readonly FoundCheckpoint[];
}

/** What can be said without computing: whether the files of a run are whole, and agree with one another. */
export async function checkFiles(
  directory: string,
  { run, events, config }: Pick<Subject, 'run' | 'events' | 'config'>,
): Promise<FilesChecked> {
  const manifest = compare('manifest.json: configuration', null, run.configurationHash, hashOf(run.configuration));
  const { checks, whole } = await checkCheckpoints(directory, run, events);
  const newest = whole.at(-1);
  const epochs = newest === undefined ? [] : checkEpochs(newest, events);
  const model = await checkModel(directory, events, customLayersOf(config.model.spec));
  const isModel = typeof model !== 'string';
  return {
    checks: [manifest, ...checks, ...epochs, ...(isModel ? [model] : [])],
    unchecked: isModel ? [] : [model],
    whole,
  };
}

/** Each checkpoint against its own checksum, the run's configuration, and the line that tells of it. */
async function checkCheckpoints(
  directory: string,
  run: RunFile,
  events: readonly RunEvent[],
): Promise<{ readonly checks: readonly Check[]; readonly whole: readonly FoundCheckpoint[] }> {
  const { checkpoints, unreadable } = await findCheckpoints(directory);
  const checks: Check[] = unreadable.map(({ file, error }) => damaged(file, null, error));
  const whole: FoundCheckpoint[] = [];
  for (const checkpoint of checkpoints) {
    const { file, path, header } = checkpoint;
    const { steps } = header.position;
    try {
      await readCheckpoint(path);
    } catch (error) {
      checks.push(damaged(file, steps, error));
      continue;
    }
    const { listed } = differences(run.configuration, header.configuration);
    if (listed.length > 0) {
      const reason = `of another run: ${listed.map((difference) => difference.path).join(', ')}`;
      checks.push({ ...compare(file, steps, null, header.weightsHash), verdict: 'differs', reason });
      continue;
    }
    const line = events.findLast((event) => event.event === 'checkpoint' && event.file === file);
    const check = compare(file, steps, line?.event === 'checkpoint' ? line.weightsHash : null, header.weightsHash);
    checks.push(check);
    if (check.verdict !== 'differs') whole.push(checkpoint);
  }
  return { checks, whole };
}

/** A checkpoint remembers all epochs before it; metrics.jsonl must say the same. Tells of the first that differs. */
function checkEpochs({ header: { record } }: FoundCheckpoint, events: readonly RunEvent[]): Check[] {
  const lines = new Map(events.filter((event) => event.event === 'epoch').map((event) => [event.epoch, event]));
  for (const [index, weightsHash] of record.weightsHashes.entries()) {
    const line = lines.get(index + 1);
    const what = `metrics.jsonl: epoch ${index + 1}`;
    if (line === undefined) {
      return [{ ...compare(what, null, weightsHash, null), reason: 'the last checkpoint knows of it' }];
    }
    if (line.weightsHash !== weightsHash) return [compare(what, line.steps, weightsHash, line.weightsHash)];
    const metric = differingMetric(record.metrics, index, line);
    if (metric !== null) {
      const both = { ...compare(what, line.steps, weightsHash, weightsHash), reason: metric };
      return [{ ...both, verdict: 'differs' }];
    }
  }
  const last = record.weightsHashes.length;
  if (last === 0) return [];
  const hash = record.weightsHashes[last - 1];
  return [compare(`metrics.jsonl: epochs 1–${last}`, lines.get(last)?.steps ?? null, hash, hash)];
}

function differingMetric(
  metrics: CheckpointHeader['record']['metrics'],
  index: number,
  line: { readonly [name: string]: unknown },
): string | null {
  for (const [name, values] of Object.entries(metrics)) {
    const value = values[index];
    if (line[name] !== value) return `${name} is ${JSON.stringify(line[name])}, in the checkpoint ${value}`;
  }
  return null;
}

/** The saved model against the line that tells of it; text when there is nothing to compare. */
async function checkModel(
  directory: string,
  events: readonly RunEvent[],
  layers: readonly DefinedLayer[],
): Promise<Check | string> {
  const { model: path } = runPaths(directory);
  const end = events.findLast((event): event is EndEvent => event.event === 'end' && event.weightsHash !== null);
  if (!existsSync(path)) {
    if (end === undefined) return 'model.safetensors: the run has not come to its end, so there is none';
    return { ...compare('model.safetensors', end.steps, end.weightsHash, null), verdict: 'damaged', reason: 'missing' };
  }
  if (end === undefined) return 'model.safetensors: metrics.jsonl does not tell of it';
  try {
    const model = await loadModel(path, { layers });
    return compare('model.safetensors', end.steps, end.weightsHash, model.weightsHash());
  } catch (error) {
    return damaged('model.safetensors', end.steps, error);
  }
}

function damaged(what: string, steps: number | null, error: unknown): Check {
  if (!(error instanceof LockstepError)) throw error;
  const reason = `expected ${error.expected}, received ${error.received}`;
  return { what, steps, expected: null, found: null, verdict: 'damaged', reason };
}
