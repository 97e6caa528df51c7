import { expect, test } from 'vitest';
import { countInSummary, soakSeed, soakSize } from '../support/soak.ts';
import { killRuns } from '../support/soakKills.ts';

const KILLS = soakSize('KILLS', 100);

test(
  `runs that are killed ${KILLS} times end in the bits of those left alone`,
  async () => {
    const { moments, ...counts } = await killRuns(KILLS, soakSeed(), 20);
    countInSummary('Kills', { ...counts });
    countInSummary('  after', moments);
    expect(counts.kills).toBe(KILLS);
    expect(counts.resumed).toBeGreaterThan(KILLS / 4);
    if (KILLS < 50) return;
    expect(counts.leftHalf).toBeGreaterThan(0);
    for (const moment of [
      'ready',
      'fit',
      'train begin',
      'file writing',
      'file renaming',
      'file renamed',
      'file removing',
    ]) {
      expect(moments[moment], moment).toBeGreaterThan(0);
    }
  },
  KILLS * 20_000,
);
