/** States of checkpoints, for tests: small ones, and any. */
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import type { CheckpointState } from '../checkpoint/state.ts';
import { buildSpec } from '../model/build.ts';
import { dense } from '../model/layers.ts';
import type { Tensor } from '../model/safetensors.ts';
import { elementCount, type ModelSpec } from '../model/spec.ts';
import { layOutModel } from '../plan/modelLayout.ts';

/** Arrays of the model's parameters, filled by `valueOf(index of the element, in all)`. */
export function tensorsOf(spec: ModelSpec, valueOf: (index: number) => number, prefix = ''): Tensor[] {
  let index = 0;
  return layOutModel(spec).parameters.map(({ name, shape }) => ({
    name: `${prefix}${name}`,
    shape,
    data: Float32Array.from({ length: elementCount(shape) }, () => valueOf(index++)),
  }));
}

export function weightsHashOf(weights: readonly Tensor[]): string {
  const hash = createHash('sha256');
  for (const { data } of weights) hash.update(data);
  return hash.digest('hex');
}

/** A state after `steps` steps of a model with `units` hidden units, as a run with Adam would leave it. */
export function exampleState(steps = 7, units = 3): CheckpointState {
  const spec = buildSpec([dense(units, { activation: 'relu' }), dense(2)], { inputShape: [4], seed: 5 });
  const weights = tensorsOf(spec, (index) => Math.fround(steps + index / 8));
  return {
    configuration: {
      fit: { batchSize: 32, loss: 'meanSquaredError' },
      data: { rows: 64, fingerprint: 'f'.repeat(64) },
    },
    spec,
    position: { epoch: 2, step: Math.min(1, steps), steps },
    stepState: [0.1, -0, 1e-300, steps],
    record: {
      metrics: { loss: [0.5, 0.25], accuracy: [null, 0.75] },
      weightsHashes: ['0'.repeat(64), 'a'.repeat(64)],
      seconds: 1.5,
      rows: 128,
    },
    callbacks: { earlyStopping: { wait: 1, best: -0.25, note: 'ä"\\' } },
    best: { monitor: 'valLoss', value: 0.25, steps },
    weightsHash: weightsHashOf(weights),
    weights,
    extras: ['m', 'v'].flatMap((vector) => tensorsOf(spec, (index) => index * index, `optimizer/${vector}/`)),
  };
}

const hash = fc
  .array(fc.nat({ max: 15 }), { minLength: 64, maxLength: 64 })
  .map((digits) => digits.map((digit) => digit.toString(16)).join(''));
const count = fc.maxSafeNat();
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const names = fc.string({ unit: 'binary', maxLength: 8 });
/** Any bits: NaNs and infinities travel too. */
const values = (length: number): fc.Arbitrary<Float32Array> =>
  fc.int32Array({ minLength: length, maxLength: length }).map((bits) => new Float32Array(bits.slice().buffer));

const specs = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }))
  .map(([inputs, units]) =>
    buildSpec(
      units.map((size, index) => dense(size, { useBias: index % 2 === 0 })),
      { inputShape: [inputs] },
    ),
  );

const extras = fc
  .uniqueArray(
    fc.string({ unit: 'grapheme', maxLength: 8 }).filter((name) => name.isWellFormed()),
    { maxLength: 4 },
  )
  .chain((list) =>
    fc.tuple(
      ...list.map((name) =>
        fc
          .array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 })
          .chain((shape) =>
            values(elementCount(shape)).map((data): Tensor => ({ name: `callback/${name}`, shape, data })),
          ),
      ),
    ),
  );

/** Any state that can be written. */
export const states: fc.Arbitrary<CheckpointState> = fc
  .tuple(specs, fc.nat({ max: 4 }))
  .chain(([spec, epochs]) =>
    fc.record({
      spec: fc.constant(spec),
      configuration: fc.dictionary(names, fc.jsonValue({ maxDepth: 3 })),
      position: fc.record({
        epoch: count,
        step: fc.nat({ max: 1000 }),
        steps: fc.integer({ min: 1000, max: 1e12 - 1 }),
      }),
      stepState: fc.array(finite, { maxLength: 20 }),
      record: fc.record({
        metrics: fc.dictionary(names, fc.array(fc.option(finite), { minLength: epochs, maxLength: epochs })),
        weightsHashes: fc.array(hash, { minLength: epochs, maxLength: epochs }),
        seconds: finite.map(Math.abs),
        rows: count,
      }),
      callbacks: fc.dictionary(names, fc.jsonValue({ maxDepth: 4 })),
      best: fc.option(fc.record({ monitor: names, value: finite, steps: count })),
      weights: fc.tuple(
        ...layOutModel(spec).parameters.map(({ name, shape, elements }) =>
          values(elements).map((data): Tensor => ({ name, shape, data })),
        ),
      ),
      extras,
    }),
  )
  .map((state) => ({ ...state, weightsHash: weightsHashOf(state.weights) }));
