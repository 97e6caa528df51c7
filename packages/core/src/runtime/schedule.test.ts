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
