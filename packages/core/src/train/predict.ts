import { checkNumbers, type NumberArray } from '../data/numbers.ts';
import { LockstepError } from '../errors.ts';
import { elementCount, formatShape } from '../model/spec.ts';
import { Breather } from '../runtime/breather.ts';
import { StepRunner } from '../runtime/stepRunner.ts';
import { Run } from './run.ts';
import type { ModelState } from './state.ts';

/** Rows that are computed at once; results do not depend on it. */
const BATCH_ROWS = 256;

/** Outputs of the model for rows of features: see `Model.predict`. */
export async function predict(state: ModelState, features: NumberArray): Promise<Float32Array> {
  checkNumbers(features, 'predict(features)');
  const width = elementCount(state.spec.inputShape);
  const rows = features.length / width;
  if (!Number.isInteger(rows)) {
    throw new LockstepError('SHAPE_MISMATCH', {
      place: 'predict(features)',
      expected: `rows of ${width} numbers, the size of inputShape ${formatShape(state.spec.inputShape)}`,
      received: `${features.length} numbers`,
      advice: 'Features are one flat array, row after row.',
    });
  }
  const outputs = elementCount(state.layout.outputShapes[state.layout.outputShapes.length - 1]);
  const result = new Float32Array(rows * outputs);
  if (rows === 0) return result;
  const batchSize = Math.min(rows, BATCH_ROWS);
  const run = new Run(state.arena, {
    spec: state.spec,
    purpose: 'predict',
    loss: null,
    optimizer: null,
    batchSize,
    shards: 'auto',
    slots: 1,
    threads: 1,
  });
  try {
    const { plan } = run;
    const { memory } = state.arena;
    const runner = new StepRunner(plan, run.functions(), memory.buffer, 0);
    const input = new Float32Array(memory.buffer, plan.slots.address + plan.slots.features, batchSize * width);
    const output = new Float32Array(memory.buffer, plan.output.address, batchSize * outputs);
    const breather = new Breather();
    for (let begin = 0; begin < rows; begin += batchSize) {
      const count = Math.min(batchSize, rows - begin);
      for (let i = 0; i < count * width; i++) input[i] = features[begin * width + i];
      const ranges = runner.begin(0, 0, count);
      for (let range = 0; range < ranges; range++) runner.predictRange(range);
      result.set(output.subarray(0, count * outputs), begin * outputs);
      if (breather.due()) await breather.breathe();
    }
    return result;
  } finally {
    await run.close();
  }
}
