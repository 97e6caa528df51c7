import type { CheckpointState } from '../checkpoint/state.ts';
import { LockstepError } from '../errors.ts';
import type { Tensor } from '../model/safetensors.ts';
import type { ModelLayout } from '../plan/modelLayout.ts';
import { STEP_STATE, TOTALS } from '../plan/plan.ts';
import type { Run } from './run.ts';

/** An array in the arena, under the name that it has in a checkpoint. */
interface Source {
  readonly name: string;
  readonly shape: readonly number[];
  readonly live: Float32Array;
}

/**
 * A copy of all that a run has in shared memory and needs to go on: the weights, the optimizer's vectors, and the numbers that
 * steps carry on. The copy is what training has to wait for; the file is written from it while training goes on. Its arrays
 * are used again for the next one.
 */
export class Snapshot {
  readonly #run: Run;
  readonly #weights: readonly Source[];
  readonly #vectors: readonly Source[];
  #copies: { readonly weights: readonly Tensor[]; readonly vectors: readonly Tensor[] } | null = null;

  constructor(run: Run, layout: ModelLayout, buffer: ArrayBufferLike) {
    this.#run = run;
    this.#weights = layout.parameters.map(({ name, shape, address, elements }) => ({
      name,
      shape,
      live: new Float32Array(buffer, address, elements),
    }));
    this.#vectors = run.plan.state.map(({ name, parameter, address, elements }) => ({
      name: `optimizer/${name}/${layout.parameters[parameter].name}`,
      shape: layout.parameters[parameter].shape,
      live: new Float32Array(buffer, address, elements),
    }));
  }

  /** Copies everything, while no step is in progress. The arrays stay as they are until the next call. */
  take(completed: number): Pick<CheckpointState, 'weights' | 'extras' | 'stepState'> {
    const copies = (this.#copies ??= { weights: allocate(this.#weights), vectors: allocate(this.#vectors) });
    copyAll(this.#weights, copies.weights);
    copyAll(this.#vectors, copies.vectors);
    const stepState = Array.from(this.#run.state.before(completed));
    // An evaluation that has begun begins again.
    stepState.fill(0, STEP_STATE.evaluate, STEP_STATE.evaluate + TOTALS.count);
    const { tallies } = this.#run.plan;
    if (tallies !== null) stepState.fill(0, tallies.evaluate, tallies.evaluate + tallies.totals);
    return { weights: copies.weights, extras: copies.vectors, stepState };
  }

  /**
   * Puts a checkpoint's content where steps will look for it. `path` names the file in errors. Throws CHECKPOINT_MISMATCH
   * before anything is changed.
   */
  restore({ weights, extras, stepState }: CheckpointState, start: number, path: string): void {
    const vectors = extras.filter(({ name }) => name.startsWith('optimizer/'));
    const own = this.#run.state.before(start);
    requireSameArrays(this.#weights, weights, path);
    requireSameArrays(this.#vectors, vectors, path);
    if (own.length !== stepState.length) {
      throw mismatch(path, `${own.length} numbers of state`, String(stepState.length));
    }
    for (const [index, { live }] of this.#weights.entries()) live.set(weights[index].data);
    for (const [index, { live }] of this.#vectors.entries()) live.set(vectors[index].data);
    own.set(stepState);
    this.#run.refresh();
  }
}

function allocate(sources: readonly Source[]): Tensor[] {
  return sources.map(({ name, shape, live }) => ({ name, shape, data: new Float32Array(live.length) }));
}

function copyAll(sources: readonly Source[], copies: readonly Tensor[]): void {
  for (const [index, { live }] of sources.entries()) copies[index].data.set(live);
}

function requireSameArrays(expected: readonly Source[], found: readonly Tensor[], path: string): void {
  const describe = (arrays: readonly { name: string; shape: readonly number[] }[]): string =>
    arrays.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ') || 'no arrays';
  if (describe(expected) !== describe(found)) throw mismatch(path, describe(expected), describe(found));
}

function mismatch(path: string, expected: string, received: string): LockstepError {
  return new LockstepError('CHECKPOINT_MISMATCH', {
    place: path,
    expected,
    received,
    advice: 'Was it written by another version of Lockstep? Resume with that one, or begin anew in another folder.',
  });
}
