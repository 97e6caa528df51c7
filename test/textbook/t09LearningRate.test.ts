import { dense, type LockstepError, type Model, sequential, sgd, tensorDataset } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { raised } from '../support/mistakes.ts';
import { catchWarnings } from '../support/warnings.ts';

// Rates above the limit are the point here; what is said of them stands in the history.
catchWarnings('LOCKSTEP_LEARNING_RATE');

/**
 * T9, section 2.6.2: the learning rate on a quadratic bowl. Two rows, (1, 0) and (0, 3), with labels 0: the mean squared error is
 * (w₁² + 9w₂²) / 2, whose second derivatives are λ = 1 and 9. A step multiplies wᵢ by 1 − αλᵢ.
 */
const LAMBDA = [1, 9];
const LIMIT = 2 / Math.max(...LAMBDA);
const BOWL = tensorDataset({ features: [1, 0, 0, 3], labels: Float32Array.of(0, 0), featureShape: [2] });

interface Descent {
  readonly losses: readonly number[];
  readonly notices: readonly string[];
  readonly model: Model;
}

async function descend(learningRate: number, steps: number): Promise<Descent> {
  const model = sequential([dense(1, { useBias: false, name: 'bowl' })], { inputShape: [2] });
  model.setWeights({ 'bowl/kernel': [1, 1] });
  const options = { loss: 'meanSquaredError', optimizer: sgd({ learningRate }), batchSize: 2, epochs: steps } as const;
  const { metrics, notices } = await model.fit(BOWL, { ...options, workers: 1, progress: false });
  return { losses: metrics['loss'], notices: notices.map(({ message }) => message), model };
}

const weightsAfter = async (learningRate: number, steps: number): Promise<number[]> => [
  ...(await descend(learningRate, steps)).model.getWeights()['bowl/kernel'],
];

const isFalling = (losses: readonly number[]): boolean => losses.every((loss, i) => i === 0 || loss < losses[i - 1]);

describe('T9: the learning rate on a quadratic bowl', () => {
  test.each([0.01, 0.1, 0.2, 0.23, 0.3])('α = %f: weights are (1 − αλ)ⁿ', async (rate) => {
    for (const steps of [1, 2, 5, 20]) {
      const weights = await weightsAfter(rate, steps);
      for (const [i, lambda] of LAMBDA.entries()) {
        const expected = (1 - rate * lambda) ** steps;
        expect(Math.abs(weights[i] - expected)).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected)));
      }
    }
  });

  test('well below 2/λmax it goes straight down', async () => {
    const { losses, notices } = await descend(0.1, 100);
    expect(isFalling(losses)).toBe(true);
    expect(notices).toEqual([]);
    expect(losses[99]).toBeLessThan(1e-8);
  });

  test('just below 2/λmax it steps over the minimum from side to side, and still comes down', async () => {
    const rate = 0.95 * LIMIT;
    expect(isFalling((await descend(rate, 50)).losses)).toBe(true);
    const [odd, even] = [await weightsAfter(rate, 1), await weightsAfter(rate, 2)];
    expect(odd[1]).toBeLessThan(0);
    expect(even[1]).toBeGreaterThan(0);
  });

  test('above 2/λmax it steps from side to side and grows', async () => {
    const rate = 1.05 * LIMIT;
    const { losses, notices } = await descend(rate, 50);
    // The other direction comes down at first; then the steep one alone is left.
    expect(isFalling(losses.slice(10).toReversed())).toBe(true);
    expect(losses[49]).toBeGreaterThan(100 * losses[10]);
    // The product says so while it happens, and which knob it is.
    expect(notices).toEqual([
      expect.stringMatching(/^The training diverges: .* The learning rate is 0\.233; try 0\.0233/),
    ]);
    const [odd, even] = [await weightsAfter(rate, 49), await weightsAfter(rate, 50)];
    expect(odd[1]).toBeLessThan(-1);
    expect(even[1]).toBeGreaterThan(1);
  });

  test('and a run that diverges ends with an error that names the learning rate', async () => {
    const error = (await raised(() => descend(2, 1000))) as LockstepError;
    expect(error.code).toBe('LOSS_NOT_FINITE');
    expect(error.advice).toContain('learning rate');
  });
});
