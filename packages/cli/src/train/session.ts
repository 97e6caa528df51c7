import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { LockstepError, type TrainBegin } from '@lockstep/core';
import type { RunFlags, TrainFlags } from '../flags.ts';
import type { ResolvedConfig } from '../overrides.ts';
import type { RunFile, Session } from '../run/manifest.ts';

/** What is known of a session before it begins. */
export interface SessionPlan {
  readonly startedAt: string;
  readonly flags: RunFlags;
  readonly options: Readonly<Record<string, unknown>>;
  readonly config: Session['config'];
  readonly cwd: string;
}

/** `fit`: the options as core has checked them. */
export async function planSession(
  config: ResolvedConfig,
  flags: TrainFlags,
  fit: Readonly<Record<string, unknown>>,
): Promise<SessionPlan> {
  const { epochs, maxSteps = null, maxTime = null, stepTimeout, maxWorkerRestarts } = fit;
  const { out: _out, resume: _resume, json: _json, progress: _progress, checkpoint, ...rest } = flags;
  // Commander's word for the absence of --no-checkpoint.
  const kept = checkpoint === false ? { ...rest, checkpoint } : rest;
  return {
    startedAt: new Date().toISOString(),
    flags: kept,
    options: { epochs, maxSteps, maxTime, checkpoint: config.checkpoint, stepTimeout, maxWorkerRestarts },
    config: { path: config.path, sha256: await hashFile(config.path) },
    cwd: process.cwd(),
  };
}

/** A session that begins. `from`: the checkpoint's file, as the run directory names it. */
export function sessionOf(plan: SessionPlan, begin: TrainBegin, from: string | null): Session {
  const { workers, kernels, machine, versions } = begin.manifest;
  const { resumed } = begin;
  return {
    ...plan,
    from: resumed === null || from === null ? null : { file: from, epoch: resumed.epoch, steps: resumed.steps },
    ...{ workers, kernels, machine, versions },
  };
}

/** The manifest of a run that begins. */
export function runFileOf(
  session: Session,
  begin: TrainBegin,
  config: ResolvedConfig,
  initialWeightsHash: string,
): RunFile {
  const { rows, fingerprint } = config.test ?? {};
  return {
    ...begin.manifest,
    stepsPerEpoch: begin.steps,
    initialWeightsHash,
    test: rows === undefined || fingerprint === undefined ? null : { rows, fingerprint },
    ...session,
    resumptions: [],
  };
}

/** SHA-256 of a config file. */
export async function hashFile(path: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  } catch (cause) {
    throw new LockstepError('FILE_NOT_FOUND', {
      place: path,
      expected: 'a readable file',
      received: (cause as Error).message,
      advice: 'Was it moved or deleted?',
      cause,
    });
  }
}
