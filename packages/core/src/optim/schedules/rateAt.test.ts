import { describe, expect, test } from 'vitest';
import { rateAt } from './rateAt.ts';
import type { LearningRate } from './schedule.ts';
import {
  checkLearningRate,
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseScaling,
  inverseTimeDecay,
  oneCycle,
  piecewiseConstantDecay,
  polynomialDecay,
  warmUp,
} from './schedules.ts';

const STEPS = [0, 1, 2, 3, 7, 9, 10, 11, 19, 20, 25, 30, 39, 40, 99, 100, 101, 1000];

/** The published formulas, with the platform's own functions. */
const CASES: readonly { readonly name: string; readonly schedule: LearningRate; readonly at: (t: number) => number }[] =
  [
    { name: 'a number', schedule: 0.3, at: () => 0.3 },
    {
      name: 'exponential decay',
      schedule: exponentialDecay({ initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.96 }),
      at: (t) => 0.1 * 0.96 ** (t / 10),
    },
    {
      name: 'step decay',
      schedule: exponentialDecay({ initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.5, staircase: true }),
      at: (t) => 0.1 * 0.5 ** Math.floor(t / 10),
    },
    {
      name: 'inverse time decay',
      schedule: inverseTimeDecay({ initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.5 }),
      at: (t) => 0.1 / (1 + (0.5 * t) / 10),
    },
    {
      name: "scikit-learn's inverse scaling",
      schedule: inverseScaling({ initialLearningRate: 0.1, power: 0.25 }),
      at: (t) => 0.1 / (t + 1) ** 0.25,
    },
    {
      name: 'linear decay',
      schedule: polynomialDecay({ initialLearningRate: 0.1, decaySteps: 20, endLearningRate: 0.02 }),
      at: (t) => 0.02 + 0.08 * (1 - Math.min(t, 20) / 20),
    },
    {
      name: 'polynomial decay that begins again',
      schedule: polynomialDecay({
        initialLearningRate: 0.1,
        decaySteps: 10,
        endLearningRate: 0.02,
        power: 1.5,
        cycle: true,
      }),
      at(t) {
        const steps = 10 * Math.max(1, Math.ceil(t / 10));
        return 0.02 + 0.08 * (1 - t / steps) ** 1.5;
      },
    },
    {
      name: 'piecewise constant',
      schedule: piecewiseConstantDecay({ boundaries: [2, 10], values: [1, 0.5, 0.1] }),
      at(t) {
        if (t <= 2) return 1;
        return t <= 10 ? 0.5 : 0.1;
      },
    },
    {
      name: 'cosine decay',
      schedule: cosineDecay({ initialLearningRate: 0.1, decaySteps: 40, alpha: 0.1 }),
      at: (t) => 0.1 * (0.9 * 0.5 * (1 + Math.cos((Math.PI * Math.min(t, 40)) / 40)) + 0.1),
    },
    {
      name: 'cosine decay with equal periods',
      schedule: cosineDecayRestarts({ initialLearningRate: 0.1, firstDecaySteps: 10, tMul: 1, mMul: 0.5 }),
      at: (t) => 0.1 * 0.5 * 0.5 ** Math.floor(t / 10) * (1 + Math.cos((Math.PI * (t % 10)) / 10)),
    },
    {
      name: 'cosine decay with periods that double',
      schedule: cosineDecayRestarts({ initialLearningRate: 0.1, firstDecaySteps: 10, alpha: 0.05 }),
      at(t) {
        // Keras's closed form: the number of restarts from a logarithm.
        const restarts = Math.floor(Math.log2(1 + t / 10) + 1e-12);
        const begin = 10 * (2 ** restarts - 1);
        return 0.1 * (0.95 * 0.5 * (1 + Math.cos((Math.PI * (t - begin)) / (10 * 2 ** restarts))) + 0.05);
      },
    },
    {
      name: 'warm-up, then linear decay',
      schedule: warmUp({
        steps: 4,
        learningRate: polynomialDecay({ initialLearningRate: 0.1, decaySteps: 20, endLearningRate: 0 }),
      }),
      at: (t) => (t < 4 ? (0.1 * (t + 1)) / 5 : 0.1 * (1 - Math.min(t - 4, 20) / 20)),
    },
  ];

describe('rates', () => {
  test.each(CASES)('$name', ({ schedule, at }) => {
    for (const t of STEPS)
      expect(rateAt(schedule, t) / Math.max(at(t), 1e-300), `t = ${t}`).toBeCloseTo(at(t) === 0 ? 0 : 1, 12);
  });

  test('one cycle rises to its maximum and falls to its least', () => {
    const schedule = oneCycle({ maxLearningRate: 0.1, totalSteps: 100 });
    expect(rateAt(schedule, 0)).toBeCloseTo(0.1 / 25, 15);
    expect(rateAt(schedule, 29)).toBeCloseTo(0.1, 15);
    expect(rateAt(schedule, 99)).toBeCloseTo(0.1 / 25 / 1e4, 15);
    expect(rateAt(schedule, 500)).toBeCloseTo(0.1 / 25 / 1e4, 15);
    const rates = Array.from({ length: 100 }, (_, t) => rateAt(schedule, t));
    expect(rates.slice(0, 30)).toEqual(rates.slice(0, 30).toSorted((a, b) => a - b));
    expect(rates.slice(29)).toEqual(rates.slice(29).toSorted((a, b) => b - a));
  });

  test('a specification from a file is checked as one from a user', () => {
    for (const { schedule } of CASES) {
      expect(checkLearningRate(JSON.parse(JSON.stringify(schedule)), 'sgd.learningRate')).toEqual(schedule);
    }
  });
});

test.each([
  ['a wrong kind', { kind: 'linear' }, 'sgd.learningRate', /exponentialDecay\(\)/],
  ['text', 'fast', 'sgd.learningRate', /a number greater than 0, or a schedule/],
  ['a negative number', -1, 'sgd.learningRate', /greater than 0/],
  [
    'boundaries that go back',
    { kind: 'piecewiseConstantDecay', boundaries: [5, 5], values: [1, 1, 1] },
    /boundaries/,
    /larger/,
  ],
  ['too few values', { kind: 'piecewiseConstantDecay', boundaries: [5], values: [1] }, /piecewise/, /one more/],
  [
    'a mistake inside a warm-up',
    { kind: 'warmUp', steps: 5, learningRate: { kind: 'cosineDecay' } },
    /cosineDecay/,
    /option/,
  ],
])('%s is refused', (_, value, place, expected) => {
  expect(() => checkLearningRate(value, 'sgd.learningRate')).toThrow(
    expect.objectContaining({
      code: 'INVALID_OPTION',
      place: typeof place === 'string' ? place : expect.stringMatching(place),
      expected: expect.stringMatching(expected),
    }),
  );
});
