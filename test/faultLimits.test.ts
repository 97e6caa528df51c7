import { type Fault, type FaultAction, type FaultPoint, LockstepError, type Model } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { breakingDataset, breakingModel, OPTIONS } from './support/breakingRun.ts';
import { faultDataset, faultModel, optionsOf } from './support/faultRun.ts';
import { COUNT, type FaultySourceOptions, sharedCounts } from './support/faultySource.ts';
import { liveWorkers } from './support/liveWorkers.ts';
import { catchWarnings } from './support/warnings.ts';

/** What is not done again: mistakes that would come again, and what breaks more often than a run may replace threads. */
const takeWarnings = catchWarnings();

async function failureOf(run: Promise<unknown>): Promise<LockstepError> {
  const error: unknown = await run.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LockstepError);
  return error as LockstepError;
}

function expectUsable(model: Model): void {
  expect(liveWorkers()).toBe(0);
  for (const { name, data } of model.parameters()) {
    expect(
      data.every((value) => Number.isFinite(value)),
      name,
    ).toBe(true);
  }
}

describe('more faults than a run may replace threads', () => {
  interface Case {
    readonly workers: number;
    readonly fault: Fault;
    readonly most: number;
    readonly code: string;
    readonly cause: RegExp;
  }
  const cases: readonly Case[] = [
    { workers: 2, most: 0, fault: of(1, 'throw', 'compute'), code: 'WORKER_FAILED', cause: /fault on purpose/ },
    { workers: 2, most: 2, fault: of(1, 'throw', 'start'), code: 'WORKER_FAILED', cause: /fault on purpose/ },
    { workers: 2, most: 1, fault: of(0, 'exit', 'computed'), code: 'WORKER_FAILED', cause: /exited with code: 1/ },
    { workers: 3, most: 1, fault: of(2, 'terminate', 'start'), code: 'WORKER_FAILED', cause: /terminated/ },
    { workers: 2, most: 2, fault: of('loader', 'throw', 'start'), code: 'LOADER_FAILED', cause: /fault on purpose/ },
    { workers: 2, most: 1, fault: of('loader', 'exit', 'start'), code: 'LOADER_FAILED', cause: /exited with code: 1/ },
    { workers: 1, most: 3, fault: of(0, 'throw', 'reduced'), code: 'WORKER_FAILED', cause: /fault on purpose/ },
    { workers: 1, most: 0, fault: of('loader', 'throw', 'start'), code: 'LOADER_FAILED', cause: /fault on purpose/ },
  ];

  function of(thread: number | 'loader', action: FaultAction, at: FaultPoint): Fault {
    return { thread, step: 3, action, at, times: 100 };
  }

  test.each(cases)(
    '$fault.action at $fault.at in thread $fault.thread of $workers, $most may be replaced: $code',
    async ({ workers, most, fault, code, cause }) => {
      const model = faultModel();
      // A single thread is sure to come to its point only when the others break there too.
      const faults = fault.at === 'compute' ? [0, 1].map((thread) => ({ ...fault, thread })) : [fault];
      // Long enough for a thread to be ended from outside.
      const options = { ...optionsOf('clipped'), epochs: 5000, workers, maxWorkerRestarts: most, faults };
      const error = await failureOf(model.fit(faultDataset(), options));
      expect(error.code).toBe(code);
      expect(String(error.cause)).toMatch(cause);
      if (most > 0) expect(error.advice).toContain('`maxWorkerRestarts`');
      const codes = (await takeWarnings()).map((warning) => warning.code);
      expect(codes).toEqual(Array.from({ length: most }, () => 'LOCKSTEP_THREAD_REPLACED'));
      expectUsable(model);
    },
  );
});

describe('mistakes in the data end the run at once', () => {
  test.each(
    [1, 2].flatMap((workers) => [
      { workers, fault: 'label out of range at a row', code: 'LABEL_OUT_OF_RANGE' } as const,
      { workers, fault: 'NaN at a row', code: 'LOSS_NOT_FINITE' } as const,
      { workers, fault: 'raises a LockstepError at a row', code: 'INVALID_DATA' } as const,
    ]),
  )('$fault, $workers workers: the source is opened once', async ({ workers, fault, code }) => {
    const counts = sharedCounts();
    const model = breakingModel();
    const error = await failureOf(model.fit(breakingDataset(fault, 42, { counts }), { ...OPTIONS, workers }));
    expect(error.code).toBe(code);
    expect(counts[COUNT.opened]).toBe(1);
    expectUsable(model);
  });
});

const FAULTY: readonly { readonly fault: FaultySourceOptions['fault']; readonly cause: RegExp }[] = [
  { fault: 'throws on open', cause: /no such table/ },
  { fault: 'throws at a row', cause: /row 42 is torn/ },
];

describe('a source that fails', () => {
  test.each([1, 2].flatMap((workers) => FAULTY.map((each) => ({ ...each, workers }))))(
    'twice and then works is opened anew: $fault, $workers workers',
    async ({ fault, cause, workers }) => {
      const counts = sharedCounts();
      const options = { ...OPTIONS, workers, epochs: 2 };
      const history = await breakingModel().fit(breakingDataset(fault, 42, { counts, times: 2 }), options);
      const expected = await breakingModel().fit(breakingDataset('none', 0), { ...options, workers: 1 });
      expect(history.weightsHash).toBe(expected.weightsHash);
      expect(history.metrics).toEqual(expected.metrics);
      expect(history.restarts.map(({ thread }) => thread)).toEqual(['loader', 'loader']);
      for (const restart of history.restarts) expect(restart.cause).toMatch(cause);
      expect(counts[COUNT.opened]).toBe(3);
      expect(await takeWarnings()).toHaveLength(2);
    },
  );

  test.each([1, 2])('always ends the run after so many threads, %i workers', async (workers) => {
    const counts = sharedCounts();
    const dataset = breakingDataset('throws at a row', 42, { counts });
    const error = await failureOf(breakingModel().fit(dataset, { ...OPTIONS, workers, maxWorkerRestarts: 2 }));
    expect(error.code).toBe('LOADER_FAILED');
    expect(String(error.cause)).toMatch(/row 42 is torn/);
    expect(counts[COUNT.opened]).toBe(3);
    expect(await takeWarnings()).toHaveLength(2);
  });

  test.each([1, 2].flatMap((workers) => FAULTY.map((each) => ({ ...each, workers }))))(
    'once in evaluate is opened anew too: $fault, $workers workers',
    async ({ fault, workers }) => {
      const counts = sharedCounts();
      const model = breakingModel();
      const expected = await model.evaluate(breakingDataset('none', 0), { batchSize: 16 });
      const dataset = breakingDataset(fault, 42, { counts, times: 1 });
      expect(await model.evaluate(dataset, { batchSize: 16, workers })).toEqual(expected);
      expect(counts[COUNT.opened]).toBe(2);
      await takeWarnings();
    },
  );
});
