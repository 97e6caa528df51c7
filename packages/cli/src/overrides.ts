import { adam, checkOptimizer, LockstepError, modelFromSpec } from '@lockstep/core';
import type { Assignment, TrainFlags } from './flags.ts';
import type { LoadedConfig } from './loadConfig.ts';

/** The config with the flags applied: first the flags of their own, then `--set` in the order given. */
export function applyFlags(config: LoadedConfig, flags: TrainFlags): LoadedConfig {
  const named: Assignment[] = [
    { path: ['epochs'], value: flags.epochs },
    { path: ['batchSize'], value: flags.batchSize },
    { path: ['optimizer', 'learningRate'], value: flags.learningRate },
    { path: ['workers'], value: flags.workers },
    { path: ['seed'], value: flags.seed },
    { path: ['maxSteps'], value: flags.maxSteps },
  ].filter(({ value }) => value !== undefined);
  const start: object = { ...config.fit, optimizer: config.fit.optimizer ?? adam() };
  const fit = [...named, ...(flags.set ?? [])].reduce(
    (options, assignment) => assign(options, assignment, 0),
    start,
  ) as LoadedConfig['fit'];
  return {
    ...config,
    fit: { ...fit, optimizer: checkOptimizer(fit.optimizer, 'fit.optimizer') },
    model: flags.seed === undefined ? config.model : modelFromSpec({ ...config.model.spec, seed: flags.seed }),
  };
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
