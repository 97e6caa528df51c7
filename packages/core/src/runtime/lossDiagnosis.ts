import { LockstepError } from '../errors.ts';
import { formatShort } from '../formatNumbers.ts';
import type { RowMatrix } from '../ops/calls.ts';
import { rateAt } from '../optim/schedules/rateAt.ts';
import { dataColumnsOfDense, type LayerPlace } from '../plan/layerPlaces.ts';
import { type Plan, STEP_STATE } from '../plan/plan.ts';
import { FAILURE } from './control.ts';
import { StepState } from './stepState.ts';

/** The step that has failed: nothing of it has been overwritten, as no step comes after it. */
export interface FailedStep {
  readonly plan: Plan;
  readonly buffer: ArrayBufferLike;
  /** As users know it. */
  readonly name: string;
  readonly sequence: number;
  readonly slot: number;
  readonly rows: number;
  readonly failure: number;
}

/** Features beyond this, in size, are told of as not scaled. */
export const LARGE_FEATURE = 100;

const UNCHANGED = 'This step has changed nothing.';

/**
 * Looks for what was the first to be no finite number in a step whose loss or gradient is none: the features, then each layer's
 * weights and output, then the labels. On the caller's thread, once, when the run has ended of it.
 */
export function diagnose(step: FailedStep): LockstepError {
  return (
    wrongFeature(step) ??
    wrongLayer(step) ??
    wrongLabel(step) ??
    notFinite(step, 'loss', 'the loss itself', advice(step))
  );
}

function notFinite(step: FailedStep, what: string, received: string, cause: string): LockstepError {
  const isLoss = step.failure === FAILURE.lossNotFinite;
  const gradient = 'a gradient whose norm is NaN or infinite, of a loss that is finite';
  return new LockstepError('LOSS_NOT_FINITE', {
    place: `fit, ${step.name}: ${!isLoss && what === 'loss' ? 'gradient' : what}`,
    expected: isLoss ? 'a finite loss' : 'a finite gradient',
    received: !isLoss && what === 'loss' ? gradient : received,
    advice: `${UNCHANGED} ${cause}`,
  });
}

function wrongFeature(step: FailedStep): LockstepError | null {
  const found = findNotFinite(step, featuresOf(step.plan));
  if (found === null) return null;
  const { value, row, column } = found;
  const cause = 'Replace values that are not finite, or leave their rows out, before training.';
  return notFinite(step, 'features', `${value} in row ${row} of the batch, column ${column}`, cause);
}

function wrongLayer(step: FailedStep): LockstepError | null {
  for (const layer of step.plan.layers) {
    const { name, kind, inputs, output, parameters } = layer;
    const place = `layer "${name}"`;
    for (const { name: parameter, address, elements } of parameters) {
      const data = new Float32Array(step.buffer, address, elements);
      const index = data.findIndex((value) => !Number.isFinite(value));
      if (index >= 0) return notFinite(step, place, `${data[index]} in its weights ${parameter}`, advice(step));
    }
    const found = findNotFinite(step, output);
    if (found === null) continue;
    const wrong = wrongIndex(step, layer);
    if (wrong !== null) {
      const cause = `An ${kind} has entries for the whole numbers from 0 to ${(layer.indices ?? 1) - 1}: give it more, or correct the data.`;
      return notFinite(
        step,
        place,
        `index ${wrong.value} in row ${wrong.row} of the batch, column ${wrong.column}`,
        cause,
      );
    }
    const largest = Math.max(...inputs.map((input) => largestOf(step, input).value));
    const where = `${found.value} in row ${found.row} of the batch, unit ${found.column}`;
    const received = `its output is the first that is not finite (${where}), with a largest input of ${formatShort(largest)}`;
    return notFinite(step, place, received, advice(step));
  }
  return null;
}

function wrongLabel(step: FailedStep): LockstepError | null {
  const { slots } = step.plan;
  if (slots.labelKind !== 'values') return null;
  const rowBytes = slots.labelWidth * 4;
  const labels = { address: slots.address + slots.labels, columns: slots.labelWidth, rowBytes, slotBytes: slots.bytes };
  const found = findNotFinite(step, labels);
  if (found !== null) {
    const { value, row, column } = found;
    return notFinite(step, 'labels', `${value} in row ${row} of the batch, column ${column}`, 'Correct the label.');
  }
  const label = largestOf(step, labels).value;
  const output = largestOf(step, step.plan.output).value;
  const received = `a loss beyond float32, of outputs up to ${formatShort(output)} and labels up to ${formatShort(label)}`;
  return notFinite(step, 'loss', received, advice(step));
}

/** The first index, of a layer that takes indices, that it has no entry for. */
function wrongIndex(step: FailedStep, { indices, inputs }: LayerPlace): Found | null {
  if (indices === null) return null;
  return find(step, inputs[0], (value) => !(Number.isInteger(value) && value >= 0 && value < indices));
}

/** Why numbers may have become so large: what is known for certain, and what to try. */
function advice(step: FailedStep): string {
  const { plan, buffer, sequence } = step;
  const state = new StepState(plan, buffer).before(sequence);
  const causes: string[] = [];
  const feature = largestDenseFeature(step);
  if (feature !== null && feature.value > LARGE_FEATURE) {
    causes.push(
      `features that are not scaled (${formatShort(feature.value)} in row ${feature.row} of the batch, column ${feature.column}; aim for ` +
        'values near ±1, by rescaling(1 / 255) or normalization)',
    );
  }
  const { optimizer } = plan;
  if (optimizer !== null && 'learningRate' in optimizer && state[STEP_STATE.updates] > 0) {
    const rate = rateAt(optimizer.learningRate, state[STEP_STATE.updates]) * state[STEP_STATE.rateFactor];
    causes.push(`a learning rate that is too large (${formatShort(rate)} now; try ${formatShort(rate / 10)})`);
  }
  if (causes.length === 0) {
    return 'No update has been made yet, and the features are of a usual size: look at the first weights, the labels and the sample weights.';
  }
  return `Likely ${causes.length === 1 ? 'cause' : 'causes'}: ${causes.join(', or ')}.`;
}

/** The largest feature that a dense layer takes as it is; null where none does. */
function largestDenseFeature(step: Omit<FailedStep, 'name' | 'failure' | 'sequence'>): Found | null {
  let largest: Found | null = null;
  for (const input of dataColumnsOfDense(step.plan.layers)) {
    const found = largestOf(step, input);
    const offset = (input.address - featuresOf(step.plan).address) / 4;
    if (largest === null || found.value > largest.value) largest = { ...found, column: found.column + offset };
  }
  return largest;
}

interface Found {
  readonly value: number;
  readonly row: number;
  readonly column: number;
}

type Batch = Pick<FailedStep, 'buffer' | 'slot' | 'rows'>;

function featuresOf({ slots }: Plan): RowMatrix {
  const { address, features, featureWidth, bytes } = slots;
  return { address: address + features, columns: featureWidth, rowBytes: featureWidth * 4, slotBytes: bytes };
}

function rowOf(
  { buffer, slot }: Batch,
  { address, columns, rowBytes, slotBytes }: RowMatrix,
  row: number,
): Float32Array {
  return new Float32Array(buffer, address + slot * slotBytes + row * rowBytes, columns);
}

function find(batch: Batch, matrix: RowMatrix, isWanted: (value: number) => boolean): Found | null {
  for (let row = 0; row < batch.rows; row++) {
    const values = rowOf(batch, matrix, row);
    const column = values.findIndex(isWanted);
    if (column >= 0) return { value: values[column], row, column };
  }
  return null;
}

function findNotFinite(batch: Batch, matrix: RowMatrix): Found | null {
  return find(batch, matrix, (value) => !Number.isFinite(value));
}

/** The number farthest from 0, as its distance. */
function largestOf(batch: Batch, matrix: RowMatrix): Found {
  let largest: Found = { value: 0, row: 0, column: 0 };
  for (let row = 0; row < batch.rows; row++) {
    for (const [column, value] of rowOf(batch, matrix, row).entries()) {
      if (Math.abs(value) > largest.value) largest = { value: Math.abs(value), row, column };
    }
  }
  return largest;
}
