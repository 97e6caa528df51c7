import type { Fault, FaultAction, FaultPoint, History } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import {
  EVALUATION_STEPS,
  faultFree,
  fitWithFaults,
  hasUpdatePhase,
  resultOf,
  SETTING_NAMES,
  type Setting,
  STEPS,
} from './support/faultRun.ts';
import { liveWorkers } from './support/liveWorkers.ts';
import { catchWarnings } from './support/warnings.ts';

/**
 * A thread that breaks is replaced, and the weights and metrics are those of a run in which none broke. Here threads break in
 * every way, at every point of a step, in every kind of step.
 */
const takeWarnings = catchWarnings();

/** What `history.restarts` says of where a thread was, and why it ended. */
const PLACES: Readonly<Record<FaultPoint, RegExp>> = {
  start: /^(evaluation )?step \d+( of epoch \d)?, compute phase$/,
  compute: /^(evaluation )?step \d+( of epoch \d)?, compute phase, rows \d+–\d+ \(shard \d(–\d)?\)$/,
  computed: /^(evaluation )?step \d+( of epoch \d)?, compute phase$/,
  reduce: /^(evaluation )?step \d+( of epoch \d)?, parameter phase, parameter blocks \d+(–\d+)?$/,
  reduced: /^(evaluation )?step \d+( of epoch \d)?, parameter phase, parameter blocks \d+(–\d+)?$/,
  updated: /^(evaluation )?step \d+( of epoch \d)?, update phase, parameter blocks \d+(–\d+)?$/,
  end: /^(evaluation )?step \d+( of epoch \d)?, end of the (compute|parameter|update) phase$/,
  chunk: /^(evaluation )?step \d+( of epoch \d)?, loading its batch$/,
};

const CAUSES: Readonly<Record<FaultAction, RegExp>> = {
  throw: /^fault on purpose at step \d+$/,
  exit: /exited with code: 1$/,
  terminate: /^the thread was terminated$/,
  loop: /no progress/,
  exhaust: /memory/,
};

/** A thread that is asked to end goes on until it does, so it may then be anywhere. */
function placeOf(action: FaultAction, at: FaultPoint, thread: string): RegExp {
  if (action === 'terminate') return /^(evaluation )?step \d+( of epoch \d)?, /;
  return thread === 'loader' ? /^(evaluation )?step \d+( of epoch \d)?, loading its batch$/ : PLACES[at];
}

/** That the run went as without faults, and tells of threads that broke, in all of its three ways. */
async function expectRecovery(history: History, setting: Setting, action: FaultAction, at: FaultPoint): Promise<void> {
  expect(resultOf(history)).toEqual(resultOf(await faultFree(setting, history.epochs.length)));
  for (const { thread, place, cause, seconds } of history.restarts) {
    expect(place).toMatch(placeOf(action, at, thread));
    expect(cause).toMatch(CAUSES[action]);
    expect(seconds).toBeGreaterThan(0);
  }
  const warnings = await takeWarnings();
  expect(warnings.map(({ code, message }) => `${code}: ${message}`)).toEqual(
    history.restarts.map(
      ({ thread, place, cause }) => `LOCKSTEP_THREAD_REPLACED: ${thread} broke and was replaced (${place}): ${cause}`,
    ),
  );
  expect(liveWorkers()).toBe(0);
}

/** Points that every thread comes to in every step: which thread breaks can be chosen. */
const CERTAIN: readonly FaultPoint[] = ['start', 'computed'];
/** Points at which a thread needs work that it may not get: all threads break there, once each, if they come there. */
const CLAIMED: readonly FaultPoint[] = ['compute', 'reduce', 'reduced', 'updated', 'end'];
const QUICK = ['throw', 'exit', 'terminate'] as const;

const certain = SETTING_NAMES.flatMap((setting, s) =>
  CERTAIN.flatMap((at, p) =>
    QUICK.filter((_, a) => (s + p + a) % 3 !== 0).map((action, a) => ({
      ...{ setting, at, action, thread: (s + p + a) % 2, workers: 2 + ((s + p) % 2) },
    })),
  ),
);

describe('one thread breaks', () => {
  test.each(certain)(
    'thread $thread of $workers: $action at $at, $setting',
    async ({ setting, at, action, thread, workers }) => {
      const history = await fitWithFaults(setting, [{ thread, step: 3, action, at }], { workers });
      expect(history.restarts.map((restart) => restart.thread)).toEqual([`worker ${thread}`]);
      if (action !== 'terminate') expect(history.restarts[0].place).toMatch(/^step 4, /);
      await expectRecovery(history, setting, action, at);
    },
  );

  const loader = SETTING_NAMES.map((setting, s) => ({ setting, action: QUICK[s % 3], workers: 2 + (s % 2) }));
  test.each(loader)('the loader of $workers: $action, $setting', async ({ setting, action, workers }) => {
    const history = await fitWithFaults(setting, [{ thread: 'loader', step: 6, action }], { workers });
    expect(history.restarts.map((restart) => restart.thread)).toEqual(['loader']);
    await expectRecovery(history, setting, action, 'start');
  });
});

const claimed = SETTING_NAMES.flatMap((setting, s) =>
  CLAIMED.filter((at) => at !== 'updated' || hasUpdatePhase(setting)).flatMap((at, p) =>
    // Each point meets each of the actions in some setting.
    QUICK.filter((_, a) => (s + p + a) % 3 === 0).map((action) => ({
      setting,
      at,
      action,
      workers: 2 + ((s + p) % 2),
    })),
  ),
);

describe('all threads break at the same point, in the same step or later', () => {
  test.each(claimed)('$action at $at, $setting, $workers workers', async ({ setting, at, action, workers }) => {
    const faults = Array.from({ length: workers }, (_, thread): Fault => ({ thread, step: 1, action, at }));
    const history = await fitWithFaults(setting, faults, { workers });
    const threads = history.restarts.map(({ thread }) => thread);
    // One of them at least has come there. None breaks twice.
    expect(threads.length).toBeGreaterThan(0);
    expect(new Set(threads).size).toBe(threads.length);
    await expectRecovery(history, setting, action, at);
  });

  test('the loader too, all in the first step', async () => {
    const threads = [0, 1, 2, 'loader'] as const;
    const faults = threads.map((thread): Fault => ({ thread, step: 0, action: 'throw' }));
    const history = await fitWithFaults('clipped and accumulated', faults, { workers: 3 });
    expect(history.restarts.map(({ thread }) => thread).toSorted()).toEqual([
      'loader',
      'worker 0',
      'worker 1',
      'worker 2',
    ]);
    for (const { cause } of history.restarts) expect(cause).toBe('fault on purpose at step 0');
    await takeWarnings();
    expect(resultOf(history)).toEqual(resultOf(await faultFree('clipped and accumulated', 2)));
  });
});

describe('the same thread breaks again and again', () => {
  test.each([
    { setting: 'plain', at: 'computed', action: 'throw' },
    { setting: 'clipped', at: 'start', action: 'exit' },
    { setting: 'accumulated', at: 'computed', action: 'exit' },
  ] as const)('four times: $action at $at, $setting', async ({ setting, at, action }) => {
    const fault = { thread: 1, step: 2, action, at, times: 4 } as const;
    const history = await fitWithFaults(setting, [fault], { workers: 2, restarts: 4 });
    expect(history.restarts.map(({ thread, place }) => `${thread}, ${place}`)).toEqual(
      Array.from({ length: 4 }, () => 'worker 1, step 3, compute phase'),
    );
    await expectRecovery(history, setting, action, at);
  });
});

describe('particular steps', () => {
  const EPOCH = STEPS + EVALUATION_STEPS;
  const LAST = 2 * EPOCH - 1;
  const steps = [
    { title: 'the first of a run', step: 0, name: 'step 1' },
    { title: 'the last training step of an epoch', step: STEPS - 1, name: `step ${STEPS}` },
    { title: 'the first evaluation step', step: STEPS, name: 'evaluation step 1 of epoch 1' },
    {
      title: 'the last evaluation step of an epoch',
      step: EPOCH - 1,
      name: `evaluation step ${EVALUATION_STEPS} of epoch 1`,
    },
    { title: 'the first of the second epoch', step: EPOCH, name: `step ${STEPS + 1}` },
    { title: 'the last of a run', step: LAST, name: `evaluation step ${EVALUATION_STEPS} of epoch 2` },
  ];
  const cases = steps
    .flatMap((one) => (['start', 'end'] as const).map((at) => ({ ...one, at })))
    .filter(({ step, at }) => step !== LAST || at !== 'end');
  test.each(cases)('$title, at its $at', async ({ step, name, at }) => {
    const faults = [0, 1].map((thread): Fault => ({ thread, step, action: 'throw', at }));
    const history = await fitWithFaults('validated', faults, { workers: 2, epochs: 2 });
    expect(history.restarts[0].place).toMatch(new RegExp(`^${name}, `));
    await expectRecovery(history, 'validated', 'throw', at);
  });

  test('the end of the last, when all is done: no thread is needed any more', async () => {
    const faults = [0, 1].map((thread): Fault => ({ thread, step: LAST, action: 'throw', at: 'end' }));
    const history = await fitWithFaults('validated', faults, { workers: 2, epochs: 2 });
    expect(resultOf(history)).toEqual(resultOf(await faultFree('validated', 2)));
    expect(await takeWarnings()).toHaveLength(history.restarts.length);
  });
});

describe('on one thread, which is the caller’s', () => {
  const inline = SETTING_NAMES.flatMap((setting) =>
    [...CERTAIN, ...CLAIMED]
      .filter((at) => at !== 'end' && (at !== 'updated' || hasUpdatePhase(setting)))
      .map((at) => ({ setting, at })),
  );
  test.each(inline)('an exception at $at, $setting', async ({ setting, at }) => {
    const faults: Fault[] = [
      { thread: 0, step: 3, action: 'throw', at },
      { thread: 'loader', step: 7, action: 'throw', times: 2 },
    ];
    const history = await fitWithFaults(setting, faults, { workers: 1, restarts: 3 });
    expect(resultOf(history)).toEqual(resultOf(await faultFree(setting, 2)));
    expect(history.restarts.map(({ thread, cause }) => `${thread}: ${cause}`)).toEqual([
      expect.stringMatching(/^worker 0: fault on purpose at step \d$/) as string,
      'loader: fault on purpose at step 7',
      'loader: fault on purpose at step 7',
    ]);
    for (const { place } of history.restarts) expect(place).toMatch(/^(evaluation )?step \d+( of epoch \d)?, /);
    expect(await takeWarnings()).toHaveLength(3);
  });
});
