import { fillTruncatedNormal } from '../random/normal.ts';
import { PURPOSE, RandomSequence } from '../random/philox.ts';
import type { ParameterSpec } from './spec.ts';

/** Deviation of a standard normal truncated to [-2, 2]; dividing by it restores deviation 1. */
const TRUNCATED_DEVIATION = 0.8796256610342398;

/**
 * Writes the initial values of parameter number `index` of a model into `data`. Element i depends only on
 * (seed, index, i), computed in float64 and rounded once.
 */
export function initialize(data: Float32Array, parameter: ParameterSpec, seed: number, index: number): void {
  const sequence = new RandomSequence(seed, PURPOSE.initialisation, index);
  const [fanIn, fanOut] = fans(parameter.shape);
  switch (parameter.initializer) {
    case 'zeros':
      data.fill(0);
      return;
    case 'glorotUniform':
      fillUniform(data, sequence, Math.sqrt(6 / (fanIn + fanOut)));
      return;
    case 'heUniform':
      fillUniform(data, sequence, Math.sqrt(6 / fanIn));
      return;
    case 'heNormal':
      fillTruncatedNormal(data, sequence, Math.sqrt(2 / fanIn) / TRUNCATED_DEVIATION);
  }
}

function fillUniform(data: Float32Array, sequence: RandomSequence, limit: number): void {
  for (let i = 0; i < data.length; i++) data[i] = (2 * sequence.uniform(i) - 1) * limit;
}

/** Inputs and outputs of a kernel [inputs, outputs]. */
function fans(shape: readonly number[]): [number, number] {
  return [shape[0] ?? 1, shape.at(-1) ?? 1];
}
