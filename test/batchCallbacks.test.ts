import {
  type BatchEnd,
  type Callback,
  type CallbackState,
  type FitOptions,
  type History,
  type Model,
  sgd,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { checkpointSteps, temporaryFolder } from './support/folder.ts';
import { classNumbers, signedNumbers } from './support/numbers.ts';
import { ADAM_CLIPPED, resultOf, SMALL, SMALL_STEPS, smallDataset, smallModel } from './support/resumeRun.ts';
import { catchWarnings } from './support/warnings.ts';

/** Callbacks of every level, and what those between two steps may do. */
catchWarnings('LOCKSTEP_IDLE_CORES', 'LOCKSTEP_THREAD_REPLACED');

const { options: OPTIONS } = ADAM_CLIPPED;

/** The rows of `smallDataset`. */
const FEATURES = signedNumbers(70 * 6, 1);
const LABELS = classNumbers(70, 3, 2);

interface Ended {
  readonly history: History;
  readonly model: Model;
}

async function run(callbacks: readonly Callback[], more: Partial<FitOptions> = {}): Promise<Ended> {
  const model = smallModel();
  const history = await model.fit(smallDataset(), { ...OPTIONS, workers: 1, callbacks, ...more });
  expect(model.weightsHash()).toBe(history.weightsHash);
  return { history, model };
}

const whole = run([]);

describe('callbacks of every level', () => {
  test.each([1, 2, 3])('are called in order, and change nothing: %i workers', async (workers) => {
    const seen: string[] = [];
    const { history } = await run(
      [
        {
          onTrainBegin: () => void seen.push('train'),
          onEpochBegin: ({ epoch, epochs, steps }) => void seen.push(`epoch ${epoch}/${epochs} after ${steps}`),
          onBatchBegin: ({ epoch, batch, batches }) => void seen.push(`batch ${epoch}.${batch}/${batches}`),
          onBatchEnd: ({ epoch, batch, steps }) => void seen.push(`end ${epoch}.${batch} after ${steps}`),
          onEpochEnd: ({ epoch }) => void seen.push(`end of epoch ${epoch}`),
          onTrainEnd: () => void seen.push('end'),
        },
      ],
      { workers },
    );
    const batches = (epoch: number): string[] =>
      Array.from({ length: SMALL_STEPS }, (_, index) => [
        `batch ${epoch}.${index + 1}/${SMALL_STEPS}`,
        `end ${epoch}.${index + 1} after ${(epoch - 1) * SMALL_STEPS + index + 1}`,
      ]).flat();
    expect(seen).toEqual([
      ...['train', 'epoch 1/2 after 0', ...batches(1), 'end of epoch 1'],
      ...[`epoch 2/2 after ${SMALL_STEPS}`, ...batches(2), 'end of epoch 2', 'end'],
    ]);
    expect(resultOf(history)).toEqual(resultOf((await whole).history));
  });

  test('the losses of batches make the loss of the epoch, and each is that of the weights it began with', async () => {
    const ends: BatchEnd[] = [];
    let model: Pick<Model, 'getWeights'> | null = null;
    const weights: Record<string, Float32Array>[] = [];
    const { history } = await run(
      [
        {
          onTrainBegin: ({ model: own }) => void (model = own),
          onBatchBegin: () => void weights.push(model!.getWeights()),
          onBatchEnd: (end) => void ends.push(end),
        },
        // In file order, so that the rows of a batch are known.
      ],
      { shuffle: false },
    );
    const rows = [16, 16, 16, 16, 6];
    const sum = ends.slice(0, SMALL_STEPS).reduce((total, { loss }, index) => total + loss * rows[index], 0);
    expect(sum / 70).toBeCloseTo(history.metrics['loss'][0], 12);
    expect(ends[SMALL_STEPS - 1].metrics).toMatchObject({
      loss: history.metrics['loss'][0],
      accuracy: history.metrics['accuracy'][0],
    });
    // Of the second epoch's third batch, alone.
    const other = smallModel();
    other.setWeights(weights[SMALL_STEPS + 2]);
    const { loss } = await other.gradients({
      ...{ features: FEATURES.slice(32 * 6, 48 * 6), labels: LABELS.slice(32, 48) },
      loss: SMALL.loss,
    });
    expect(ends[SMALL_STEPS + 2].loss).toBe(loss);
  });

  test('weights are read and set between steps', async () => {
    const start = smallModel(9).getWeights();
    // Each batch begins with the same weights and a plain update: the last batch alone decides.
    const options = { optimizer: sgd({ learningRate: 0.1 }), epochs: 1, shuffle: false } as const;
    const hashes = await Promise.all(
      [1, 2].map(async (workers) => {
        let model: { setWeights: Model['setWeights'] } | null = null;
        const { history } = await run(
          [
            {
              onTrainBegin: ({ model: own }) => void (model = own),
              onBatchBegin: () => model!.setWeights(start),
            },
          ],
          { ...options, accumulateGradBatches: 1, workers },
        );
        return history.weightsHash;
      }),
    );
    const alone = smallModel();
    alone.setWeights(start);
    const last = tensorDataset({ features: FEATURES.slice(64 * 6), labels: LABELS.slice(64), featureShape: [6] });
    const { weightsHash } = await alone.fit(last, { ...OPTIONS, ...options, accumulateGradBatches: 1, workers: 1 });
    expect(new Set(hashes)).toEqual(new Set([weightsHash]));
  });

  test('weights that are set after the last batch are those that are evaluated', async () => {
    const { model: trained } = await run([], { epochs: 1 });
    let model: Pick<Model, 'setWeights'> | null = null;
    const zeros = Object.fromEntries(
      trained.parameters().map(({ name, data }) => [name, new Float32Array(data.length)]),
    );
    const callback: Callback = {
      onTrainBegin: (begin) => void (model = begin.model),
      onBatchEnd: ({ batch, batches }) => void (batch === batches && model!.setWeights(zeros)),
    };
    for (const workers of [1, 2]) {
      const { history } = await run([callback], { epochs: 1, workers });
      expect(history.metrics['valLoss'][0]).toBeCloseTo(Math.log(3), 6);
    }
  });
});

/** Lets the learning rate fall from batch to batch and rise by the epoch, and counts, so that a call too many or too few shows. */
function pacer(): Callback & { calls: number[] } {
  const calls = [0, 0, 0];
  return {
    name: 'pacer',
    calls,
    onEpochBegin({ scaleLearningRate }) {
      calls[0]++;
      scaleLearningRate(1.5);
    },
    onBatchBegin({ scaleLearningRate }) {
      calls[1]++;
      scaleLearningRate(0.9);
    },
    onBatchEnd({ scaleLearningRate }) {
      calls[2]++;
      scaleLearningRate(0.95);
    },
    saveState: (): CallbackState => ({ json: [...calls] }),
    loadState: ({ json }) => void calls.splice(0, 3, ...(json as number[])),
  };
}

describe('stopped and resumed', () => {
  const expected = (async () => {
    const callback = pacer();
    const { history } = await run([callback]);
    return { result: resultOf(history), calls: callback.calls };
  })();

  test('what callbacks do between steps is done once, wherever the run is cut', async () => {
    const { result, calls } = await expected;
    expect(calls).toEqual([2, 2 * SMALL_STEPS, 2 * SMALL_STEPS]);
    expect(result.weightsHash).not.toBe((await whole).history.weightsHash);
    for (let maxSteps = 1; maxSteps < 2 * SMALL_STEPS; maxSteps++) {
      const checkpoint = { directory: temporaryFolder() };
      await run([pacer()], { checkpoint, maxSteps });
      const callback = pacer();
      const { history } = await run([callback], { checkpoint, resume: true, workers: maxSteps === 4 ? 2 : 1 });
      expect([resultOf(history), callback.calls], `${maxSteps} steps`).toEqual([result, calls]);
    }
  });

  /** Where a signal may fire: in each callback of a batch, which then has been called, and before the epoch's first. */
  const levels = ['onEpochBegin', 'onBatchBegin', 'onBatchEnd', 'onEpochEnd'] as const;
  test.each(levels)('by a signal that fires in %s', async (level) => {
    const { result, calls } = await expected;
    for (const workers of level === 'onBatchEnd' ? [1, 2] : [1]) {
      const checkpoint = { directory: temporaryFolder() };
      const stop = new AbortController();
      const abort = ({ steps }: { readonly steps: number }): void => (steps >= 3 ? stop.abort('enough') : undefined);
      const aborting: Callback = { [level]: abort };
      await expect(run([pacer(), aborting], { checkpoint, signal: stop.signal, workers })).rejects.toBe('enough');
      const callback = pacer();
      const { history } = await run([callback], { checkpoint, resume: true });
      expect([resultOf(history), callback.calls], `${workers} workers`).toEqual([result, calls]);
    }
  });

  test('each callback is told of a batch and of an epoch once, also where a checkpoint lay there already', async () => {
    const told: string[] = [];
    const listening: Callback = {
      onEpochBegin: ({ epoch }) => void told.push(`epoch ${epoch}`),
      onBatchBegin: ({ epoch, batch }) => void told.push(`batch ${epoch}.${batch}`),
    };
    await run([listening]);
    const expectedCalls = told.splice(0);
    const directory = temporaryFolder();
    for (const [level, after] of [
      ['onBatchBegin', 3],
      ['onEpochBegin', SMALL_STEPS],
    ] as const) {
      const stop = new AbortController();
      const abort = ({ steps }: { readonly steps: number }): void =>
        steps === after ? stop.abort('enough') : undefined;
      const options = { checkpoint: { directory, everySteps: after }, resume: true, signal: stop.signal };
      await expect(run([listening, { [level]: abort }], options)).rejects.toBe('enough');
    }
    await run([listening], { checkpoint: { directory }, resume: true });
    expect(told).toEqual(expectedCalls);
  });

  test('stop() ends the run between two steps, with a checkpoint that a run goes on from', async () => {
    const { result, calls } = await expected;
    for (const [batch, workers] of [
      [3, 1],
      [3, 2],
      [SMALL_STEPS, 1],
    ]) {
      const directory = temporaryFolder();
      const stopping: Callback = { onBatchEnd: (end) => void (end.batch === batch && end.stop()) };
      const { history } = await run([pacer(), stopping], { checkpoint: { directory }, workers });
      // After the last batch of an epoch, the epoch comes to its end.
      const epochs = batch === SMALL_STEPS ? [1] : [];
      expect(history).toMatchObject({ stoppedBy: 'batchCallback', steps: batch, epochs });
      expect(checkpointSteps(directory).at(-1)).toBe(batch);
      const callback = pacer();
      const { history: resumed } = await run([callback], { checkpoint: { directory }, resume: true });
      expect([resultOf(resumed), callback.calls]).toEqual([result, calls]);
    }
  });

  test('stop() in the very last batch is no stop', async () => {
    const stopping: Callback = { onBatchEnd: ({ steps, stop }) => void (steps === 2 * SMALL_STEPS && stop()) };
    expect((await run([stopping])).history.stoppedBy).toBe('completion');
  });
});

test.each([1, 2])('a thread that breaks is replaced, and each callback comes once: %i workers', async (workers) => {
  const faults = [
    { thread: 0, step: 3, action: 'throw', at: 'reduced' },
    { thread: 'loader', step: 6, action: 'throw', at: 'start' },
  ] as const;
  const callback = pacer();
  const { history } = await run([callback], { faults, workers });
  expect(history.restarts).toHaveLength(2);
  const untroubled = pacer();
  expect(resultOf(history)).toEqual(resultOf((await run([untroubled])).history));
  expect(callback.calls).toEqual(untroubled.calls);
});

test.each([1, 2])('a callback that throws between steps ends the run with its error: %i workers', async (workers) => {
  const failing: Callback = {
    onBatchEnd({ steps }) {
      if (steps === 3) throw new Error('full');
    },
  };
  await expect(run([failing], { workers })).rejects.toThrow('full');
});
