export {
  defineConfig,
  type LockstepConfig,
  type LockstepConfigFile,
  type RunCheckpointOptions,
  type TrainingOptions,
} from './config.ts';
