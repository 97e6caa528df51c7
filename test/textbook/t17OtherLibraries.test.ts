import { readFileSync } from 'node:fs';
import { checkOptimizer } from '@lockstep/core';
import { expect, test } from 'vitest';
import { OPTIMIZERS } from '../cases.ts';

/**
 * T17: the same answers as the tools that one would use, on the same numbers. test/pytorch.test.ts compares trainings with PyTorch's,
 * ten steps and a thousand; here it is asserted that it does so for every optimizer that PyTorch has too.
 */
test('T17: every optimizer is compared with PyTorch, but for Lion, which PyTorch does not have', () => {
  const text = readFileSync(new URL('../pytorch/recorded.json', import.meta.url), 'utf8');
  const { runs } = JSON.parse(text) as { runs: Record<string, { kind: string; options: object }> };
  const recorded = new Set(
    Object.values(runs).map(({ kind, options }) => checkOptimizer({ kind, ...options }, 'recorded').kind),
  );
  const all = new Set(OPTIMIZERS.map(({ create }) => create().kind));
  expect(recorded.size).toBeGreaterThan(0);
  expect(all.difference(recorded)).toEqual(new Set(['lion']));
});
