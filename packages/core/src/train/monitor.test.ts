import { describe, expect, test } from 'vitest';
import { isBetter } from './monitor.ts';

describe('which way a metric is better is known by its name', () => {
  const higher = ['accuracy', 'topKAccuracy', 'binaryAccuracy', 'precision', 'recall', 'f1', 'auc', 'r2'];
  const lower = ['loss', 'meanSquaredError', 'meanAbsoluteError', 'rootMeanSquaredError'];
  const validated = (name: string): string => `val${name[0].toUpperCase()}${name.slice(1)}`;

  test.each([...higher, ...higher.map(validated), 'top3Accuracy', 'valMacroF1'])('%s: up', (monitor) => {
    expect([isBetter({ monitor }, 0.6, 0.5), isBetter({ monitor }, 0.4, 0.5)]).toEqual([true, false]);
    expect(isBetter({ monitor, mode: 'min' }, 0.6, 0.5)).toBe(false);
  });

  test.each([...lower, ...lower.map(validated)])('%s: down', (monitor) => {
    expect([isBetter({ monitor }, 0.6, 0.5), isBetter({ monitor }, 0.4, 0.5)]).toEqual([false, true]);
    expect(isBetter({ monitor, mode: 'max' }, 0.6, 0.5)).toBe(true);
  });

  test('a name that does not say it needs a mode', () => {
    expect(() => isBetter({ monitor: 'careful' }, 1, 0)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        place: 'monitor "careful"',
        advice: expect.stringContaining('mode'),
      }),
    );
    expect(isBetter({ monitor: 'careful', mode: 'max' }, 1, 0)).toBe(true);
  });

  test('what is not a number is never better', () => {
    expect(isBetter({ monitor: 'auc' }, NaN, null)).toBe(false);
  });
});
