export { defineConfig, type LockstepConfig, type LockstepConfigFile } from './config.ts';
