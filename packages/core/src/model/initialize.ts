import { fillNormal } from '../random/normal.ts';
import { PURPOSE, RandomSequence } from '../random/philox.ts';
import { orthonormalize } from './orthogonal.ts';
import type { GivenValues, Initializer, InitializerSpec, ParameterSpec } from './spec.ts';

/** Deviation of a standard normal truncated to [-2, 2]; dividing by it restores deviation 1. */
const TRUNCATED_DEVIATION = 0.8796256610342398;

/**
 * Writes the initial values of parameter number `index` of a model into `data`. Element i depends only on
 * (seed, index, i), computed in float64 and rounded once; with 'orthogonal', on all of the array.
 */
export function initialize(data: Float32Array, parameter: ParameterSpec, seed: number, index: number): void {
  const { shape, initializer } = parameter;
  const sequence = new RandomSequence(seed, PURPOSE.initialisation, index);
  if (typeof initializer === 'object') initializeBy(initializer, data, shape, sequence);
  else initializeByName(initializer, data, shape, sequence);
}

function initializeByName(
  name: Exclude<Initializer, object>,
  data: Float32Array,
  shape: readonly number[],
  sequence: RandomSequence,
): void {
  const [fanIn, fanOut] = fans(shape);
  const uniform = (limit: number): void => fillUniform(data, sequence, -limit, limit);
  // Truncated at two deviations and then scaled, so that the deviation is what the definition says.
  const normal = (deviation: number): void => fillNormal(data, sequence, deviation / TRUNCATED_DEVIATION, 2);
  switch (name) {
    case 'zeros':
    case 'ones':
      data.fill(name === 'ones' ? 1 : 0);
      return;
    case 'glorotUniform':
      return uniform(Math.sqrt(6 / (fanIn + fanOut)));
    case 'glorotNormal':
      return normal(Math.sqrt(2 / (fanIn + fanOut)));
    case 'heUniform':
      return uniform(Math.sqrt(6 / fanIn));
    case 'heNormal':
      return normal(Math.sqrt(2 / fanIn));
    case 'lecunUniform':
      return uniform(Math.sqrt(3 / fanIn));
    case 'lecunNormal':
      return normal(Math.sqrt(1 / fanIn));
  }
}

function initializeBy(
  spec: InitializerSpec | GivenValues,
  data: Float32Array,
  shape: readonly number[],
  sequence: RandomSequence,
): void {
  switch (spec.kind) {
    case 'values':
      data.set(spec.values);
      return;
    case 'constant':
      data.fill(spec.value);
      return;
    case 'randomNormal':
    case 'truncatedNormal':
      return fillNormal(data, sequence, spec.deviation, spec.kind === 'truncatedNormal' ? 2 : Infinity, spec.mean);
    case 'randomUniform':
      return fillUniform(data, sequence, spec.minimum, spec.maximum);
    case 'orthogonal':
      return fillOrthogonal(data, shape, sequence, spec.gain);
  }
}

/** Rounded as 2u − 1 times the limit where the interval is symmetric: so weights of earlier versions come up again. */
function fillUniform(data: Float32Array, sequence: RandomSequence, minimum: number, maximum: number): void {
  const middle = (minimum + maximum) / 2;
  const half = (maximum - minimum) / 2;
  for (let i = 0; i < data.length; i++) data[i] = middle + (2 * sequence.uniform(i) - 1) * half;
}

function fillOrthogonal(data: Float32Array, shape: readonly number[], sequence: RandomSequence, gain: number): void {
  const columns = shape.at(-1) ?? 1;
  const rows = data.length / columns;
  const drawn = new Float32Array(data.length);
  fillNormal(drawn, sequence, 1, Infinity);
  const [long, short] = [Math.max(rows, columns), Math.min(rows, columns)];
  const matrix = Float64Array.from(drawn);
  orthonormalize(matrix, long, short);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = rows >= columns ? row * short + column : column * short + row;
      data[row * columns + column] = gain * matrix[at];
    }
  }
}

/** Inputs and outputs of a kernel [inputs, outputs]. */
function fans(shape: readonly number[]): [number, number] {
  return [shape[0] ?? 1, shape.at(-1) ?? 1];
}
