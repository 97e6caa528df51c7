// Runs a program from its sources, in the process that has looked whether it can:
//   node --conditions=lockstep-source preflight/run.mjs <file> [arguments]
// Whole, because a Node that is too old lacks the names, and should get as far as the check.
import module from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

await import('./check.mjs');

// Node keeps the stripped and compiled sources in the system's folder for temporary files, or where NODE_COMPILE_CACHE
// says: the next start takes half the time. Threads read the setting from the environment only.
const { directory } = module.enableCompileCache();
if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= directory;

// The program finds its arguments where Node puts them.
const [, , file, ...rest] = process.argv;
process.argv.splice(1, Infinity, resolve(file), ...rest);
await import(pathToFileURL(process.argv[1]).href);
