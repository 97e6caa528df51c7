import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  type CheckedFitOptions,
  checkFitOptions,
  compilePlan,
  configurationOf,
  dataOfFit,
  type Difference,
  differences,
  fitRequest,
  layOutModel,
  loadKernels,
  LockstepError,
} from '@lockstep/core';
import type { VerifyFlags } from '../flags.ts';
import { loadConfig } from '../loadConfig.ts';
import { applyFlags, type ResolvedConfig } from '../overrides.ts';
import type { RunEvent } from '../run/events.ts';
import { MANIFEST_NAME, readRunFile, type RunFile, type Session } from '../run/manifest.ts';
import { readEvents } from '../run/metricsLog.ts';
import { hashFile } from '../train/session.ts';
import { version } from '../version.ts';

/** A run with what it takes to compute it again. */
export interface Subject {
  readonly directory: string;
  readonly run: RunFile;
  readonly events: readonly RunEvent[];
  readonly config: ResolvedConfig;
  /** What somebody who reads the verdict should know. */
  readonly notes: readonly string[];
}

/**
 * Reads a run directory and loads its config, which must be of the same model, data and options. Throws FILE_NOT_FOUND,
 * FILE_INVALID, CHECKPOINT_MISMATCH with all that differs, and what the config throws.
 */
export async function loadSubject(directory: string, flags: VerifyFlags): Promise<Subject> {
  const run = await readRunFile(directory);
  if (run === null) {
    throw new LockstepError('FILE_NOT_FOUND', {
      place: directory,
      expected: `a run directory, with ${MANIFEST_NAME}`,
      received: existsSync(directory) ? 'no such file in it' : 'no directory of that name',
      advice: 'lockstep train makes run directories, and says where.',
    });
  }
  const events = await readEvents(directory);
  const path = configPath(run, flags);
  const notes = [
    ...noteOfConfig(run, path, await hashFile(path)),
    ...noteOfVersion(run),
    ...notesOfKernels(run),
    ...enterDirectory(run.cwd),
  ];
  const config = applyFlags(await loadConfig(path), run.flags);
  requireSameRun(run, config);
  return { directory, run, events, config, notes };
}

function configPath({ config: { path } }: RunFile, flags: VerifyFlags): string {
  const chosen = flags.config === undefined ? path : resolve(flags.config);
  if (existsSync(chosen)) return chosen;
  throw new LockstepError('FILE_NOT_FOUND', {
    place: chosen,
    expected: flags.config === undefined ? 'the config file of the run' : 'a config file',
    received: 'no file of that name',
    advice:
      'Name it with --config FILE. The run directory has a copy, which serves if it imports nothing by a relative path.',
  });
}

/** That model, data and options are those of the run, and so are the weights that it began with. */
function requireSameRun(run: RunFile, config: ResolvedConfig): void {
  const validation = config.validation === null ? {} : { validation: config.validation };
  const checked = checkFitOptions({ ...config.fit, ...validation }, config.model.spec);
  const now = configurationNow(config, checked);
  const { listed, more } = differences(run.configuration, now);
  const weightsHash = config.model.weightsHash();
  const isSameStart = weightsHash === run.initialWeightsHash;
  const all: Difference[] = [
    ...listed,
    ...(isSameStart || listed.length > 0
      ? []
      : [{ path: 'weights before the first step', expected: run.initialWeightsHash, actual: weightsHash }]),
  ];
  if (all.length === 0) return;
  const texts = all.map(
    ({ path, expected, actual }) => `${path} was ${describe(expected)} in the run and is ${describe(actual)} now`,
  );
  throw new LockstepError('CHECKPOINT_MISMATCH', {
    place: config.path,
    expected: 'the model, data and options of the run',
    received: `others: ${texts.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
    advice: 'Nothing was computed. Give back what the run had; its directory has a copy of the config file.',
  });
}

function configurationNow({ model, data: allRows }: ResolvedConfig, given: CheckedFitOptions): object {
  const { dataset: data, options: checked } = dataOfFit(allRows, given);
  const layout = layOutModel(model.spec);
  const plan = compilePlan({ ...fitRequest(model.spec, layout, data, checked), begin: layout.end });
  return configurationOf(model.spec, data, checked, plan);
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? `${value.slice(0, 12)}…` : JSON.stringify(value);
}

function noteOfConfig({ config: { sha256 }, resumptions }: RunFile, path: string, now: string): string[] {
  if (now === sha256) return [];
  const isLater = resumptions.some(({ config }) => config.sha256 === now);
  const when = isLater ? 'was changed after the run began' : 'was changed since the run';
  return [`${path} ${when}; model, data and options are the same, callbacks are not compared`];
}

function noteOfVersion(run: RunFile): string[] {
  const sessions: readonly Session[] = [run, ...run.resumptions];
  const other = sessions.find(({ versions }) => versions.lockstep !== version());
  if (other === undefined) return [];
  return [`the run was computed by lockstep ${other.versions.lockstep}, and this is ${version()}: bits may differ`];
}

/** Whether the processor does what the run's did, as far as it matters for the bits. */
function notesOfKernels(run: RunFile): string[] {
  const { fusedMultiplyAdd } = loadKernels();
  const sessions: readonly Session[] = [run, ...run.resumptions];
  const other = sessions.find(({ kernels }) => kernels.fusedMultiplyAdd !== fusedMultiplyAdd);
  if (other === undefined) return [];
  const has = (value: boolean): string => (value ? 'had fused multiply-add' : 'had no fused multiply-add');
  return [
    `the run ${has(other.kernels.fusedMultiplyAdd)} (${other.machine.processor}), and this machine ` +
      `${fusedMultiplyAdd ? 'has it' : 'has none'}: its weights are other bits, so recorded hashes cannot be met`,
  ];
}

/** Paths in the config are looked up from where the run was started. */
function enterDirectory(cwd: string): string[] {
  try {
    process.chdir(cwd);
    return [];
  } catch {
    return [`${cwd}, where the run was started, is gone; relative paths in the config were looked up from here`];
  }
}
