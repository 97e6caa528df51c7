#!/usr/bin/env node
import { keepCompiledCode } from './compileCache.ts';

// A reader that leaves (`lockstep train … | head`) must not end a training run: what follows is in the run directory.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// npm only warns of `engines`, and what an older Node says of what it lacks names no cause.
if (Number.parseInt(process.versions.node, 10) < 22) {
  process.stderr.write(`lockstep needs Node 22.18 or newer; this is Node ${process.versions.node}.\n`);
  process.exitCode = 1;
} else {
  keepCompiledCode();
  // Imported only now: what is loaded before is compiled anew every time.
  const { run } = await import('./program.ts');
  process.exitCode = await run(process.argv.slice(2));
}
