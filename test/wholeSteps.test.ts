import {
  adam,
  batchNormalization,
  dense,
  type Fault,
  type FaultPoint,
  type FitOptions,
  LockstepError,
  type Model,
  sequential,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { listenedDataset } from './support/listenedSource.ts';
import { signedNumbers } from './support/numbers.ts';
import { catchWarnings } from './support/warnings.ts';

catchWarnings('LOCKSTEP_THREAD_REPLACED');

/**
 * A run that ends with an error leaves the model with the weights of a whole number of steps, also when a thread was ended
 * in the middle of an update and none may take its place.
 */
/** Few, so that the unit of work which is claimed first is that of the first averages. */
const INPUTS = 20;
const OPTIONS = {
  ...{ loss: 'meanSquaredError', optimizer: adam({ learningRate: 0.01 }), batchSize: 16, shards: 2 },
  ...{ shuffle: false, progress: false, maxWorkerRestarts: 0 },
} as const satisfies FitOptions;

/** Wide enough for several blocks of weights in each layer; averages move in steps that update nothing too. */
function model(): Model {
  const [first, second] = [batchNormalization(), batchNormalization()];
  const layers = [dense(600, { activation: 'relu' }), first, dense(300), second, dense(1)];
  return sequential(layers, { inputShape: [INPUTS], seed: 2 });
}

const data = tensorDataset({
  features: signedNumbers(64 * INPUTS, 1),
  labels: signedNumbers(64, 2),
  featureShape: [INPUTS],
});

const WAYS: readonly { readonly name: string; readonly options: Partial<FitOptions> }[] = [
  { name: 'plain', options: {} },
  { name: 'gradients clipped', options: { gradientClipNorm: 0.01 } },
  { name: 'gradients of three batches added up', options: { accumulateGradBatches: 3 } },
];
/** Only a run with clipping comes by the point after its updates, and only threads end phases for each other. */
const points = ({ options }: (typeof WAYS)[number], workers: number): FaultPoint[] => [
  ...(['reduce', 'reduced'] as const),
  ...(options.gradientClipNorm === undefined ? [] : (['updated'] as const)),
  ...(workers === 1 ? [] : (['end'] as const)),
];
const cases = WAYS.flatMap((way) =>
  [1, 2].flatMap((workers) =>
    points(way, workers).flatMap((at) => [
      { ...way, workers, at, thread: 'all' as const },
      // The other one does what is left, so that of the averages of two layers one has moved and the other not.
      ...(workers > 1 && at === 'reduce' && way.options.accumulateGradBatches !== undefined
        ? [0, 1].map((thread) => ({ ...way, workers, at, thread }))
        : []),
    ]),
  ),
);

describe('a run that fails leaves the weights of a whole number of steps', () => {
  test.each(cases)('$name, $workers workers, $thread broken at $at', async ({ options, workers, at, thread }) => {
    const broken = model();
    const all = Array.from({ length: workers }, (_, one): Fault => ({ thread: one, step: 1, action: 'throw', at }));
    const faults = all.filter((fault) => thread === 'all' || fault.thread === thread);
    const failure = await broken
      .fit(data, { ...OPTIONS, ...options, workers, faults })
      .catch((error: unknown) => error);
    // One alone may get no unit in all four steps: then none has broken, and it is the weights of all steps.
    if (thread === 'all' || failure instanceof Error) {
      expect(failure).toBeInstanceOf(LockstepError);
      expect(failure).toMatchObject({ code: 'WORKER_FAILED', cause: { message: expect.stringMatching(/on purpose/) } });
    }

    const whole = await Promise.all(
      [1, 2, 3, 4].map(async (maxSteps) => {
        const other = model();
        await other.fit(data, { ...OPTIONS, ...options, workers: 1, maxSteps });
        return other.weightsHash();
      }),
    );
    expect([model().weightsHash(), ...whole]).toContain(broken.weightsHash());
  });
});

test.each(WAYS)(
  'a signal that fires in a step which is done again is heeded behind it, on one thread: $name',
  async ({ options }) => {
    const at = options.gradientClipNorm === undefined ? 'reduced' : 'updated';
    const stop = new AbortController();
    const stopped = model();
    const listened = listenedDataset(64, (batch) => (batch === 1 ? stop.abort('enough') : undefined));
    const faults: Fault[] = [{ thread: 0, step: 1, action: 'throw', at }];
    const disturbed = { ...OPTIONS, ...options, workers: 1, maxWorkerRestarts: 1, signal: stop.signal, faults };
    await expect(stopped.fit(listened, disturbed)).rejects.toBe('enough');
    const whole = model();
    await whole.fit(
      listenedDataset(64, () => undefined),
      { ...OPTIONS, ...options, workers: 1, maxSteps: 2 },
    );
    expect(stopped.weightsHash()).toBe(whole.weightsHash());
  },
);
