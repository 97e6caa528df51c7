export { defineConfig, type LockstepConfig, type LockstepConfigFile, type RunCheckpointOptions } from './config.ts';
