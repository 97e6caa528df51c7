import type { Dataset, FitOptions, Model, ModelSpec } from '@lockstep/core';

/** What a config file describes: a model, its data, and how to train it. */
export interface LockstepConfig {
  /** From `sequential`, from `loadModel` (to train on), or a specification (`model.spec`). */
  readonly model: Model | ModelSpec;
  readonly data: Dataset | Promise<Dataset>;
  /** Evaluated after every epoch. */
  readonly validation?: Dataset | Promise<Dataset>;
  /** Evaluated once, after training. */
  readonly test?: Dataset | Promise<Dataset>;
  /** Options of `model.fit`. Signal and progress belong to the command. */
  readonly fit: Omit<FitOptions, 'validation' | 'signal' | 'progress'>;
}

/** The default export of a config file: the config, or a function that returns it. */
export type LockstepConfigFile = LockstepConfig | (() => LockstepConfig | Promise<LockstepConfig>);

/** Returns its argument; in a config file it gives the editor the types. */
export function defineConfig<Config extends LockstepConfigFile>(config: Config): Config {
  return config;
}
