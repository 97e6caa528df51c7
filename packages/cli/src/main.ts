#!/usr/bin/env node
import { keepCompiledCode } from './compileCache.ts';

// A reader that leaves (`lockstep train … | head`) must not end a training run: what follows is in the run directory.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

keepCompiledCode();
// Imported only now: what is loaded before is compiled anew every time.
const { run } = await import('./program.ts');
process.exitCode = await run(process.argv.slice(2));
