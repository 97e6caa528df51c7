import { expect, test } from 'vitest';
import type { EpochEnd } from './callbacks.ts';
import { formatMetrics, progressLine } from './progressLine.ts';

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

const METRICS = { loss: 0.5, accuracy: 0.75, macroF1: 0.5, valLoss: 0.6, valAccuracy: 0.7, valMacroF1: 0.4 };
const END = { epoch: 3, epochs: 12, metrics: METRICS, samplesPerSecond: 1234, seconds: 2 } as unknown as EpochEnd;

function epochLines(stream: { readonly isTTY?: boolean; readonly columns?: number }): string[] {
  let written = '';
  const callback = progressLine({ ...stream, write: (text) => void (written += text) });
  void callback.onEpochEnd?.(END);
  return written.replace('\r\x1b[2K', '').split('\n');
}

test('what is wider than a terminal goes on below, not amid a number', () => {
  expect(epochLines({ isTTY: true, columns: 60 })).toEqual([
    'epoch  3/12  loss 0.5000  accuracy 0.7500  macroF1 0.5000',
    '             valLoss 0.6000  valAccuracy 0.7000',
    '             valMacroF1 0.4000  1,234 samples/s  2.00 s',
    '',
  ]);
});

test('a log has a line an epoch, and a terminal that is wide enough too', () => {
  const line =
    'epoch  3/12  loss 0.5000  accuracy 0.7500  macroF1 0.5000  valLoss 0.6000  valAccuracy 0.7000  valMacroF1 0.4000  1,234 samples/s  2.00 s';
  expect(epochLines({})).toEqual([line, '']);
  expect(epochLines({ isTTY: true, columns: line.length + 1 })).toEqual([line, '']);
});
