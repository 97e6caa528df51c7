import { defineConfig } from 'vitest/config';
import { SOURCE_ARGUMENTS } from '../support/sourceArguments.ts';

/**
 * `npx -y pnpm@12 test:soak`: what takes too long for every change. One file at a time, as each part keeps all cores busy and
 * some of them time out. Sizes: see test/support/soak.ts.
 */
// What vitest loads.
// oxlint-disable-next-line import/no-default-export
export default defineConfig({
  ssr: { resolve: { conditions: ['lockstep-source', 'node', 'import', 'module', 'default'] } },
  test: {
    include: ['test/soak/*.soak.ts', 'packages/core/src/checkpoint/{damage,kill}.test.ts'],
    execArgv: [...SOURCE_ARGUMENTS],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    globalSetup: 'test/support/soakSetup.ts',
    env: { LOCKSTEP_SOAK_CASES: process.env['LOCKSTEP_SOAK_CASES'] ?? '10000' },
  },
});
