import { adam, checkOptimizer, LockstepError, modelFromSpec } from '@lockstep/core';
import type { RunCheckpointOptions, TrainingOptions } from './config.ts';
import type { Assignment, RunFlags } from './flags.ts';
import type { LoadedConfig } from './loadConfig.ts';

/** A config with the flags applied. */
export interface ResolvedConfig extends Omit<LoadedConfig, 'fit'> {
  readonly fit: TrainingOptions;
  /** When checkpoints are written; null for none. */
  readonly checkpoint: RunCheckpointOptions | null;
}

/** How far apart checkpoints are, in seconds, where neither config nor flags say anything. */
const CHECKPOINT_SECONDS = 600;

/** Flags that stand for an option each, by its path below `fit`. */
const FLAG_PATHS = {
  epochs: ['epochs'],
  batchSize: ['batchSize'],
  learningRate: ['optimizer', 'learningRate'],
  workers: ['workers'],
  seed: ['seed'],
  maxSteps: ['maxSteps'],
  maxTime: ['maxTime'],
  checkpointEvery: ['checkpoint', 'everySteps'],
} as const satisfies { readonly [Flag in keyof RunFlags]?: readonly string[] };

/** The config with the flags applied: first the flags of their own, then `--set` in the order given. */
export function applyFlags(config: LoadedConfig, flags: RunFlags): ResolvedConfig {
  const { checkpoint: configured, ...options } = config.fit;
  const start: object = {
    ...options,
    optimizer: options.optimizer ?? adam(),
    checkpoint: configured === false && flags.checkpointEvery === undefined ? false : { ...(configured || undefined) },
  };
  const assigned = [...namedAssignments(flags), ...(flags.set ?? [])].reduce(
    (fit, assignment) => assign(fit, assignment, 0),
    start,
  );
  const { checkpoint, ...fit } = assigned as LoadedConfig['fit'];
  return {
    ...config,
    fit: { ...fit, optimizer: checkOptimizer(fit.optimizer, 'fit.optimizer') },
    checkpoint: flags.checkpoint === false ? null : resolveCheckpoint(checkpoint),
    model: flags.seed === undefined ? config.model : modelFromSpec({ ...config.model.spec, seed: flags.seed }),
  };
}

/** Flags that a run keeps. How long it may take, on how many threads and with which output is a matter of each time. */
const KEPT_FLAGS = ['epochs', 'batchSize', 'learningRate', 'seed', 'maxSteps', 'checkpointEvery'] as const;

/** The flags of a run that goes on: those that it began with, but for what is given anew. */
export function inheritFlags<Flags extends RunFlags>(began: RunFlags, now: Flags): Flags {
  const kept = KEPT_FLAGS.filter((name) => began[name] !== undefined && now[name] === undefined);
  // `--set` wins over other flags, so an old one must make way for any flag of now.
  const anew = new Set([...namedAssignments(now), ...(now.set ?? [])].map(({ path }) => path.join('.')));
  const set = [...(began.set ?? []).filter(({ path }) => !anew.has(path.join('.'))), ...(now.set ?? [])];
  return {
    ...Object.fromEntries(kept.map((name) => [name, began[name]])),
    ...now,
    ...(set.length === 0 ? {} : { set }),
  };
}

function namedAssignments(flags: RunFlags): Assignment[] {
  return Object.entries(FLAG_PATHS)
    .map(([flag, path]) => ({ path, value: flags[flag as keyof typeof FLAG_PATHS] }))
    .filter(({ value }) => value !== undefined);
}

function resolveCheckpoint(value: unknown): RunCheckpointOptions | null {
  if (value === false) return null;
  if (typeof value !== 'object' || value === null) {
    throw new LockstepError('INVALID_OPTION', {
      place: 'fit.checkpoint',
      expected: 'false, or an object such as { everySteps: 1000 }',
      received: JSON.stringify(value),
      advice: 'Without it there is a checkpoint every ten minutes and at the end.',
    });
  }
  if ('directory' in value) {
    throw new LockstepError('INVALID_OPTION', {
      place: 'fit.checkpoint.directory',
      expected: 'no such option in a config',
      received: JSON.stringify(value.directory),
      advice: 'The command keeps checkpoints in the run directory, which --out names.',
    });
  }
  const options = value as RunCheckpointOptions;
  const isTimed = options.everySteps !== undefined || options.everySeconds !== undefined;
  return isTimed ? options : { ...options, everySeconds: CHECKPOINT_SECONDS };
}

/** A copy of `target` with the value at the assignment's path, from `depth` on. */
export function assign(target: unknown, { path, value }: Assignment, depth: number): object {
  if (typeof target !== 'object' || target === null || Array.isArray(target)) {
    throw new LockstepError('INVALID_OPTION', {
      place: `--set fit.${path.join('.')}`,
      expected: `an object at fit.${path.slice(0, depth).join('.')}`,
      received: target === undefined ? 'nothing' : JSON.stringify(target),
      advice: 'Set the whole value there, as JSON.',
    });
  }
  const key = path[depth];
  const isLast = depth === path.length - 1;
  const child = Object.hasOwn(target, key) ? (target as Record<string, unknown>)[key] : undefined;
  return { ...target, [key]: isLast ? value : assign(child, { path, value }, depth + 1) };
}
