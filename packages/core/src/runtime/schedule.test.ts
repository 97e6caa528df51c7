import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { epochStart, makeSchedule, ScheduleCursor, type ScheduleOptions, trainStepsOf } from './schedule.ts';

interface Step {
  readonly sequence: number;
  readonly epoch: number;
  readonly position: number;
  readonly training: boolean;
}

/** The definition: train and evaluate epoch by epoch; once `maxSteps` are done, evaluate a last time and stop. */
function naive({ epochs, trainSteps, evaluationSteps, maxSteps = Infinity }: ScheduleOptions): Step[] {
  const steps: Step[] = [];
  let trained = 0;
  for (let epoch = 0; epoch < epochs && trained < maxSteps; epoch++) {
    let position = 0;
    const add = (training: boolean): void =>
      void steps.push({ sequence: steps.length, epoch, position: position++, training });
    for (let i = 0; i < trainSteps && trained < maxSteps; i++, trained++) add(true);
    for (let i = 0; i < evaluationSteps; i++) add(false);
  }
  return steps;
}

test('training steps are counted in two words, without the evaluations', () => {
  const options = { epochs: 3, trainSteps: 4, evaluationSteps: 2 };
  const numbers: number[] = [];
  for (const cursor = new ScheduleCursor(makeSchedule(options)); !cursor.done; cursor.advance()) {
    if (cursor.training) numbers.push(cursor.stepLow);
    expect(cursor.stepHigh).toBe(0);
  }
  expect(numbers).toEqual(Array.from({ length: 12 }, (_, step) => step));

  const long = makeSchedule({
    epochs: 2 ** 21,
    trainSteps: 2 ** 31 + 7,
    evaluationSteps: 0,
    from: { epoch: 2 ** 20, step: 5 },
  });
  const { stepLow, stepHigh } = new ScheduleCursor(long);
  expect(BigInt(stepLow >>> 0) + (BigInt(stepHigh) << 32n)).toBe(2n ** 20n * (2n ** 31n + 7n) + 5n);
});

function walked(options: ScheduleOptions): Step[] {
  const steps: Step[] = [];
  for (const cursor = new ScheduleCursor(makeSchedule(options)); !cursor.done; cursor.advance()) {
    const { sequence, epoch, position, training } = cursor;
    steps.push({ sequence, epoch, position, training });
  }
  return steps;
}

const schedules = fc.record({
  epochs: fc.integer({ min: 1, max: 8 }),
  trainSteps: fc.integer({ min: 1, max: 9 }),
  evaluationSteps: fc.integer({ min: 0, max: 4 }),
  maxSteps: fc.option(fc.integer({ min: 1, max: 90 }), { nil: undefined }),
});

test('a cursor walks what a plain loop says', () => {
  fc.assert(
    fc.property(schedules, (options) => {
      expect(walked(options)).toEqual(naive(options));
    }),
  );
});

test('epochs begin where the walk says', () => {
  fc.assert(
    fc.property(schedules, (options) => {
      const schedule = makeSchedule(options);
      const steps = naive(options);
      for (let epoch = 0; epoch < schedule.epochs; epoch++) {
        const own = steps.filter((step) => step.epoch === epoch);
        expect(epochStart(schedule, epoch)).toBe(own[0].sequence);
        expect(trainStepsOf(schedule, epoch)).toBe(own.filter(({ training }) => training).length);
      }
      expect(epochStart(schedule, schedule.epochs)).toBe(steps.length);
    }),
  );
});

test('evaluation alone is one epoch without training', () => {
  const options = { epochs: 1, trainSteps: 0, evaluationSteps: 3 };
  expect(walked(options)).toEqual([0, 1, 2].map((n) => ({ sequence: n, epoch: 0, position: n, training: false })));
  expect(epochStart(makeSchedule(options), 1)).toBe(3);
});

test('a cursor may begin anywhere, and goes on as one that came from the beginning', () => {
  fc.assert(
    fc.property(schedules, fc.nat(200), (options, seed) => {
      const schedule = makeSchedule(options);
      const steps = naive(options);
      const at = seed % (steps.length + 1);
      const rest: Step[] = [];
      for (const cursor = new ScheduleCursor(schedule, at); !cursor.done; cursor.advance()) {
        const { sequence, epoch, position, training } = cursor;
        rest.push({ sequence, epoch, position, training });
      }
      expect(rest).toEqual(steps.slice(at));
    }),
  );
});

test('a run that goes on begins where the other left off, also when it has more steps to do', () => {
  fc.assert(
    fc.property(schedules, fc.nat(200), fc.nat(5), (options, seed, more) => {
      const training = naive(options).filter((step) => step.training);
      const stopped = training[seed % training.length];
      const from = { epoch: stopped.epoch, step: stopped.position };
      const longer = { ...options, epochs: options.epochs + more, maxSteps: undefined };
      expect(walked({ ...longer, from })).toEqual(naive(longer).filter(({ sequence }) => sequence >= stopped.sequence));
    }),
  );
});

test('updates come every few steps, at the end of each epoch, and where they would be without maxSteps', () => {
  const updates = (options: ScheduleOptions): string[] => {
    const found: string[] = [];
    for (const cursor = new ScheduleCursor(makeSchedule(options)); !cursor.done; cursor.advance()) {
      const { epoch, position, training, beginsUpdate } = cursor;
      if (training && cursor.updates) found.push(`${epoch}:${position}`);
      if (training) expect(beginsUpdate).toBe(position % (options.accumulate ?? 1) === 0);
    }
    return found;
  };
  const options = { epochs: 2, trainSteps: 5, evaluationSteps: 2, accumulate: 2 };
  expect(updates(options)).toEqual(['0:1', '0:3', '0:4', '1:1', '1:3', '1:4']);
  expect(updates({ ...options, maxSteps: 8 })).toEqual(['0:1', '0:3', '0:4', '1:1']);
  expect(updates({ ...options, accumulate: 1 })).toHaveLength(10);
  expect(updates({ ...options, accumulate: 100 })).toEqual(['0:4', '1:4']);
});
