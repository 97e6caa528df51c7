import { afterEach, expect, test, vi } from 'vitest';
import { stepsRest, WORD } from './control.ts';
import { completeStep } from './stepEnd.ts';

afterEach(() => void vi.restoreAllMocks());

/** Words of a run in the middle of step 0, which is to go on to `limit`. */
function words(limit: number): Int32Array {
  const control = new Int32Array(new SharedArrayBuffer(1024));
  control[WORD.released] = 1;
  control[WORD.limit] = limit;
  return control;
}

/** Lets a step end between any two looks at the words, as another thread may. */
function endStepsBetweenLooks(control: Int32Array, steps: number): void {
  const load = Atomics.load.bind(Atomics) as (array: Int32Array, index: number) => number;
  let ended = 0;
  let inside = false;
  vi.spyOn(Atomics, 'load').mockImplementation(((array: Int32Array, index: number) => {
    const value = load(array, index);
    if (!inside && ended < steps) {
      inside = true;
      completeStep(control, ended++);
      inside = false;
    }
    return value;
  }) as typeof Atomics.load);
}

test('steps that end while the coordinator looks are no pause', () => {
  for (let steps = 1; steps <= 4; steps++) {
    const control = words(100);
    endStepsBetweenLooks(control, steps);
    for (let look = 0; look < 4; look++) expect(stepsRest(control)).toBe(false);
    vi.restoreAllMocks();
  }
});

test('the end of the last step is one, and a pause that was asked for', () => {
  const atLimit = words(1);
  completeStep(atLimit, 0);
  expect(stepsRest(atLimit)).toBe(true);
  const asked = words(100);
  asked[WORD.pauseRequest] = 1;
  completeStep(asked, 0);
  expect(stepsRest(asked)).toBe(true);
});
