import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { SOURCE_ARGUMENTS } from './test/support/sourceArguments.ts';

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
