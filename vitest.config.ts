import { defineConfig } from 'vitest/config';

// `ssr.resolve.conditions`, not `resolve.conditions`: only the former makes tests run the sources instead of dist.
export default defineConfig({
  ssr: { resolve: { conditions: ['lockstep-source', 'node', 'import', 'module', 'default'] } },
  test: {
    include: ['test/**/*.test.ts', 'packages/*/src/**/*.test.ts'],
    execArgv: ['--conditions=lockstep-source'],
    pool: 'forks',
    testTimeout: 60_000,
  },
});
