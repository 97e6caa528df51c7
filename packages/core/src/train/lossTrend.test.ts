import { describe, expect, test } from 'vitest';
import { PURPOSE, RandomSequence } from '../random/philox.ts';
import { describeTrend, lossTrend, type LossTrend } from './lossTrend.ts';

/** What the trend is after each epoch. */
const trends = (losses: readonly number[]): LossTrend[] => losses.map((_, i) => lossTrend(losses.slice(0, i + 1)));

const CASES: readonly { readonly name: string; readonly losses: readonly number[]; readonly last: LossTrend }[] = [
  { name: 'three epochs', losses: [1, 5, 9], last: null },
  { name: 'a usual descent', losses: [2.3, 1.1, 0.6, 0.4, 0.3, 0.25, 0.22, 0.2, 0.19, 0.18, 0.17], last: null },
  {
    name: 'the end of a long one, where losses are small',
    losses: [2, 0.1, 1e-4, 3e-4, 1e-4, 5e-4, 2e-4, 6e-4, 1e-4, 7e-4, 3e-4, 8e-4],
    last: null,
  },
  { name: 'one bad epoch', losses: [2, 0.5, 0.3, 2.5, 0.4, 0.3], last: null },
  { name: 'a setback that is made good', losses: [2, 0.5, 0.3, 2.5, 2, 1.6], last: null },
  {
    name: 'a model that learns nothing',
    losses: [0.693, 0.694, 0.692, 0.695, 0.693, 0.694, 0.692, 0.694, 0.693, 0.694, 0.692],
    last: null,
  },
  { name: 'growth from the start', losses: [1, 1.6, 2.5, 3.9], last: 'diverging' },
  { name: 'far above its best for three epochs', losses: [2.3, 0.8, 0.5, 2.2, 2.4, 2.3], last: 'diverging' },
  { name: 'slow growth', losses: [2, 1.5, 1.52, 1.56, 1.61, 1.68, 1.76], last: 'diverging' },
  { name: 'a loss below 0 that grows', losses: [-1, -2, -1.9, -1.7, -1.4, -1, -0.5], last: 'diverging' },
  { name: 'from side to side', losses: [2, 1, 1.6, 1, 1.6, 1, 1.6, 1, 1.6, 1, 1.6], last: 'oscillating' },
  {
    name: 'wider and wider',
    losses: [1, 0.9, 1, 0.88, 1.02, 0.85, 1.05, 0.8, 1.1, 0.75, 1.15, 0.7, 1.2],
    last: 'oscillating',
  },
  { name: 'from side to side, less and less', losses: [2, 1, 1.6, 1, 1.36, 1, 1.22, 1, 1.13, 1, 1.08], last: null },
  { name: 'up and down by noise', losses: [2, 1, 1.05, 1, 1.05, 1, 1.05, 1, 1.05, 1, 1.05], last: null },
  { name: 'lost', losses: [1, 2, 3, NaN, 5], last: null },
  { name: 'zeros', losses: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], last: null },
];

test.each(CASES)('$name: $last', ({ losses, last }) => {
  expect(lossTrend(losses)).toBe(last);
});

describe('no false alarms', () => {
  test('on 300 descents of 60 epochs to a plateau, each loss within 5 % of where it should be', () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = new RandomSequence(seed, PURPOSE.rowOrder, 0);
      let drawn = 0;
      const uniform = (): number => random.below(1_000_001, drawn++) / 1_000_000;
      const [first, plateau, speed] = [0.5 + 4 * uniform(), uniform(), 0.5 + 0.5 * uniform()];
      let rest = first;
      const losses = Array.from({ length: 60 }, () => {
        const loss = (plateau + rest) * (0.95 + 0.1 * uniform());
        rest *= speed;
        return loss;
      });
      expect(
        trends(losses).filter((trend) => trend !== null),
        `seed ${seed}`,
      ).toEqual([]);
    }
  });
});

test('the message names the losses, the learning rate and one to try', () => {
  expect(describeTrend('diverging', [2, 1, 3, 4, 5], 0.3)).toBe(
    'The training diverges: its loss was 1 after epoch 2 and is 5 after epoch 5. ' +
      'The learning rate is 0.3; try 0.03, a schedule that lowers it, or model.findLearningRate.',
  );
  expect(describeTrend('oscillating', [9, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2], 0.3)).toMatch(
    /between 1 and 2 of late.* try 0.1,/,
  );
});
