import { expect, test } from 'vitest';
import { killRuns } from './support/soakKills.ts';

test('a run that is killed four times ends in the bits of one that was left alone', async () => {
  const counts = await killRuns(4, 11, 6);
  expect(counts.kills).toBe(4);
  expect(counts.resumed).toBeGreaterThan(0);
});
