import * as nodeModule from 'node:module';

/**
 * Lets Node keep the compiled code of all modules that are loaded from here on, in every thread, for the next start. It
 * lies where NODE_COMPILE_CACHE says, or else below the system's folder for temporary files; NODE_DISABLE_COMPILE_CACHE=1
 * keeps nothing. Where the folder cannot be written the start is slower, and nothing else.
 */
export function keepCompiledCode(): void {
  const { directory } = nodeModule.enableCompileCache();
  // Threads do not inherit the setting, but read it from the environment.
  if (directory !== undefined) process.env['NODE_COMPILE_CACHE'] ??= directory;
}
