/** Prints how long this process takes to import the packages of its argument, a JSON list. */
import type { Absence } from '../harness/child.ts';

const names = JSON.parse(process.argv[2]) as string[];
const begin = performance.now();
try {
  for (const name of names) await import(name);
  console.log(JSON.stringify({ milliseconds: performance.now() - begin }));
} catch (error) {
  if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
  console.log(JSON.stringify({ absent: error.message } satisfies Absence));
}
process.exit(0);
