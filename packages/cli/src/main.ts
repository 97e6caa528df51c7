#!/usr/bin/env node
import { run } from './program.ts';

// A reader that leaves (`lockstep train … | head`) must not end a training run: what follows is in the run directory.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await run(process.argv.slice(2));
