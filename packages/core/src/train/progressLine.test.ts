import { expect, test } from 'vitest';
import { formatMetrics } from './progressLine.ts';

test.each([
  [0.98765, '0.9877'],
  [0, '0.0000'],
  [-0.25, '-0.2500'],
  [12345.678, '12345.6780'],
  [234567.89, '234568'],
  [1.5e17, '1.50e+17'],
  [0.00012345, '1.23e-4'],
  [-0.00012345, '-1.23e-4'],
  [NaN, 'NaN'],
  [Infinity, 'Infinity'],
])('a metric of %d is shown as %s', (value, text) => {
  expect(formatMetrics({ loss: 1, one: value })).toBe(`loss 1.0000  one ${text}`);
});
