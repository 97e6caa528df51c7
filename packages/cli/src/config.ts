import type { CheckpointOptions, Dataset, FitOptions, Model, ModelSpec } from '@lockstep/core';

/** When a run of the command writes checkpoints, and which it keeps; they lie in the run directory. */
export type RunCheckpointOptions = Omit<CheckpointOptions, 'directory'>;

/** Options of `model.fit`. Signals, progress, resumption and the place of checkpoints belong to the command. */
export type TrainingOptions = Omit<
  FitOptions,
  'validation' | 'signal' | 'handleSignals' | 'progress' | 'resume' | 'checkpoint'
>;

/** What a config file describes: a model, its data, and how to train it. */
export interface LockstepConfig {
  /** From `sequential`, from `loadModel` (to train on), or a specification (`model.spec`). */
  readonly model: Model | ModelSpec;
  readonly data: Dataset | Promise<Dataset>;
  /** Evaluated after every epoch. */
  readonly validation?: Dataset | Promise<Dataset>;
  /** Evaluated once, after training. */
  readonly test?: Dataset | Promise<Dataset>;
  readonly fit: TrainingOptions & {
    /** Default: every 600 seconds and at the end; false: none. */
    readonly checkpoint?: RunCheckpointOptions | false;
  };
}

/** The default export of a config file: the config, or a function that returns it. */
export type LockstepConfigFile = LockstepConfig | (() => LockstepConfig | Promise<LockstepConfig>);

/** Returns its argument; in a config file it gives the editor the types. */
export function defineConfig<Config extends LockstepConfigFile>(config: Config): Config {
  return config;
}
