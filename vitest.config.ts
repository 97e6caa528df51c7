import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { SOURCE_ARGUMENTS } from './test/support/sourceArguments.ts';

// Hundreds of threads are started, each of which would strip the types of the same sources: kept, that is done once, which halves
// the time of files such as oneHash.test.ts. Node reads this where processes and threads start.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/lockstep-tests', import.meta.url));

// `ssr.resolve.conditions`, not `resolve.conditions`: only the former makes tests run the sources instead of dist.
export default defineConfig({
  ssr: { resolve: { conditions: ['lockstep-source', 'node', 'import', 'module', 'default'] } },
  test: {
    include: ['test/**/*.test.ts', 'packages/*/src/**/*.test.ts'],
    execArgv: [...SOURCE_ARGUMENTS],
    pool: 'forks',
    // Two files at once also where there are two cores: many tests wait for threads or processes.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
  },
});
