import { dense, sequential } from '@lockstep/core';
import { expect, test } from 'vitest';

/** T7, section 2.6.1: why weights are not found by trying them all. */
test('T7: 4 inputs, 5 hidden neurons and 1 output have 25 weights; 1,000 values for each are 10^75 combinations', () => {
  // The textbook counts weights without biases.
  const layers = [dense(5, { useBias: false }), dense(1, { useBias: false })];
  const weights = sequential(layers, { inputShape: [4] }).countParams();
  expect(weights).toBe(25);
  expect(1000n ** BigInt(weights)).toBe(10n ** 75n);
});
