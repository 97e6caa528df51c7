import { checkNumbers, type NumberArray } from '../data/numbers.ts';
import { LockstepError } from '../errors.ts';
import { didYouMean } from '../model/spelling.ts';
import { elementCount, formatShape } from '../model/spec.ts';
import { Breather } from '../runtime/breather.ts';
import { StepRunner } from '../runtime/stepRunner.ts';
import { Run } from './run.ts';
import type { ModelState } from './state.ts';

/** Rows that are computed at once; results do not depend on it. */
const BATCH_ROWS = 256;

/** Outputs of the model for rows of features: see `Model.predict`. */
export function predict(state: ModelState, features: NumberArray): Promise<Float32Array> {
  return outputsOf(state, features, state.spec.layers.length - 1, 'predict');
}

/** Outputs of one of its layers: see `Model.activations`. */
export function activations(state: ModelState, features: NumberArray, name: string): Promise<Float32Array> {
  const layer = state.spec.layers.findIndex((own) => own.name === name);
  if (layer >= 0) return outputsOf(state, features, layer, 'activations');
  throw new LockstepError('INVALID_OPTION', {
    place: 'activations(layerName)',
    expected: `the name of a layer: ${state.spec.layers.map((own) => own.name).join(', ')}`,
    received: typeof name === 'string' ? `"${name}"` : typeof name,
    advice: `${didYouMean(
      name,
      state.spec.layers.map((own) => own.name),
    )}model.summary() lists the layers by their names.`,
  });
}

/** The whole model is computed, whatever layer is asked for. */
async function outputsOf(
  state: ModelState,
  features: NumberArray,
  layer: number,
  method: string,
): Promise<Float32Array> {
  checkNumbers(features, `${method}(features)`);
  const width = elementCount(state.spec.inputShape);
  const rows = features.length / width;
  if (!Number.isInteger(rows)) {
    throw new LockstepError('SHAPE_MISMATCH', {
      place: `${method}(features)`,
      expected: `rows of ${width} numbers, the size of inputShape ${formatShape(state.spec.inputShape)}`,
      received: `${features.length} numbers`,
      advice: 'Features are one flat array, row after row.',
    });
  }
  const outputs = elementCount(state.layout.outputShapes[layer]);
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
    const { address, rowBytes } = plan.layers[layer].output;
    const numbers = ((batchSize - 1) * rowBytes) / 4 + outputs;
    const output = new Float32Array(memory.buffer, address, numbers);
    const breather = new Breather();
    for (let begin = 0; begin < rows; begin += batchSize) {
      const count = Math.min(batchSize, rows - begin);
      for (let i = 0; i < count * width; i++) input[i] = features[begin * width + i];
      const ranges = runner.begin(0, 0, count);
      for (let range = 0; range < ranges; range++) runner.predictRange(range);
      for (let row = 0; row < count; row++) {
        const at = (row * rowBytes) / 4;
        result.set(output.subarray(at, at + outputs), (begin + row) * outputs);
      }
      if (breather.due()) await breather.breathe();
    }
    return result;
  } finally {
    await run.close();
  }
}
