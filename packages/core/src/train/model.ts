import { createHash } from 'node:crypto';
import type { Dataset } from '../data/dataset.ts';
import type { NumberArray } from '../data/tensorDataset.ts';
import { LockstepError } from '../errors.ts';
import { buildSpec, type SequentialOptions } from '../model/build.ts';
import { type FunctionalOptions, functionalSpec } from '../model/functional.ts';
import { checkLayers } from '../model/customLayers.ts';
import { initialize } from '../model/initialize.ts';
import type { DefinedLayer } from '../model/layerDefinition.ts';
import type { Layer } from '../model/layers.ts';
import { kindName, type ModelSpec } from '../model/spec.ts';
import { formatSummary } from '../model/summary.ts';
import { layOutModel } from '../plan/modelLayout.ts';
import { Arena } from '../runtime/arena.ts';
import type { EpochMetrics } from './callbacks.ts';
import { confusionMatrix, type ConfusionMatrixOptions } from './confusionMatrix.ts';
import { evaluate } from './evaluate.ts';
import { findLearningRate, type FindLearningRateOptions, type LearningRateSearch } from './findLearningRate.ts';
import { fit } from './fit.ts';
import { type Gradients, gradients, type GradientsOptions } from './gradients.ts';
import type { History } from './history.ts';
import { readModelFile, writeModelFile } from './modelFile.ts';
import { Notices } from './notices.ts';
import { checkDataset } from './compatibility.ts';
import type { EvaluateOptions } from './evaluateOptions.ts';
import type { FitOptions } from './fitOptions.ts';
import { activations, predict } from './predict.ts';
import type { ModelState } from './state.ts';

/** A parameter as users see it. */
export interface Parameter {
  /** `layer/parameter`, e.g. `dense_1/kernel`. */
  readonly name: string;
  /** A dense kernel is [inputs, units], a bias [units]. */
  readonly shape: readonly number[];
  /**
   * A view on the shared memory: it changes as training goes on. Writing to it changes the model; while `fit` runs, write
   * between epochs or steps only, in a callback.
   */
  readonly data: Float32Array;
  readonly trainable: boolean;
}

/** A stack of layers, each feeding the next. Throws INVALID_OPTION, INVALID_MODEL and UNSUPPORTED. */
export function sequential(layers: readonly Layer[], options: SequentialOptions): Model {
  return new Model(buildSpec(layers, options));
}

/**
 * A model of layers that are connected as one likes, from its inputs to its output (see `input`, `apply`, `add`, `concatenate`).
 * Throws INVALID_OPTION and INVALID_MODEL.
 */
export function functional(options: FunctionalOptions): Model {
  return new Model(functionalSpec(options));
}

/** A model from a specification, with fresh weights from its seed. */
export function modelFromSpec(spec: ModelSpec): Model {
  return new Model(spec);
}

export interface LoadOptions {
  /**
   * Layers that users wrote (`defineLayer`) and the model may have. A file names such layers and does not hold them, and never
   * makes Lockstep import code.
   */
  readonly layers?: readonly DefinedLayer[];
}

/**
 * A model from a file that `model.save` wrote. Throws FILE_NOT_FOUND, FILE_INVALID, and for a specification or weights
 * that do not belong together INVALID_MODEL, INVALID_OPTION or SHAPE_MISMATCH; LAYER_UNKNOWN for a layer that a user wrote and that
 * was not given.
 */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<Model> {
  const layers = checkLayers(options.layers, 'loadModel.layers');
  const { spec, tensors } = await readModelFile(path, layers);
  const model = new Model(spec);
  model.setWeights(Object.fromEntries(tensors.map(({ name, data }) => [name, data])));
  return model;
}

/** A network with its weights, in shared memory of its own. Made by `sequential` and `loadModel`. */
export class Model {
  /** The model as plain JSON, without weights. */
  readonly spec: ModelSpec;
  readonly #state: ModelState;
  readonly #parameters: readonly Parameter[];

  constructor(spec: ModelSpec) {
    this.spec = spec;
    const layout = layOutModel(spec);
    this.#state = { phase: 'idle', spec, layout, arena: new Arena(layout.end) };
    this.#parameters = this.#state.layout.parameters.map(({ name, shape, address, elements, trainable }) => ({
      name,
      shape,
      data: new Float32Array(this.#state.arena.memory.buffer, address, elements),
      trainable,
    }));
    for (const [index, place] of this.#state.layout.parameters.entries()) {
      initialize(this.#parameters[index].data, place, spec.seed, index);
    }
  }

  /**
   * Trains on a dataset. All cores work by default, and the calling thread's event loop stays free. The weights that
   * result are the same bits for any number of workers, whatever threads broke on the way, and for a run that was stopped
   * and resumed. The optimizer starts afresh in every call that does not resume.
   * Throws INVALID_OPTION, UNSUPPORTED, SHAPE_MISMATCH, LABEL_OUT_OF_RANGE, LOSS_NOT_FINITE, WORKER_FAILED,
   * LOADER_FAILED, STEP_TIMEOUT, MEMORY_EXCEEDED, CHECKPOINT_MISMATCH, FILE_NOT_WRITTEN, FILE_NOT_FOUND, FILE_INVALID,
   * and what the data source throws.
   */
  async fit(dataset: Dataset, options: FitOptions): Promise<History> {
    if (this.#state.phase !== 'idle') throw busy('fit', 'Await the promise that fit returned, or use a second model.');
    this.#state.phase = 'stepping';
    try {
      return await fit(this.#state, dataset, options, this);
    } finally {
      this.#state.phase = 'idle';
    }
  }

  /**
   * Tries learning rates on a copy of the model, a step each, from small to large, until the loss grows: see `LearningRateSearch`.
   * The model stays as it is. The same numbers on any number of workers. Throws as `fit` does.
   */
  async findLearningRate(dataset: Dataset, options: FindLearningRateOptions): Promise<LearningRateSearch> {
    if (this.#state.phase === 'stepping') throw busy('findLearningRate', 'Await the promise that fit returned.');
    checkDataset(dataset, 'findLearningRate(dataset)');
    const copy = new Model(this.spec);
    copy.setWeights(this.getWeights());
    const train = (all: FitOptions): Promise<History> => fit(copy.#state, dataset, all, copy, new Notices(false));
    return findLearningRate(train, dataset.rows, options);
  }

  /** Loss and metrics over a dataset: `{ loss, accuracy }`. */
  evaluate(dataset: Dataset, options: EvaluateOptions = {}): Promise<EpochMetrics> {
    return evaluate(this.#state, dataset, options);
  }

  /**
   * A classifier's answers over a dataset: in row `truth` and column `answer` the weights of the rows of that class which
   * were given that answer, so their number where rows have no weights. Of one sigmoid output the classes are no and yes. A row
   * whose outputs are not numbers has no answer, and is left out. Throws UNSUPPORTED where outputs are no such classes.
   */
  confusionMatrix(dataset: Dataset, options: ConfusionMatrixOptions = {}): Promise<readonly (readonly number[])[]> {
    return confusionMatrix(this.#state, dataset, options);
  }

  /** Outputs [rows × outputs] for features [rows × inputs], both row-major. Softmax outputs are probabilities. */
  predict(features: NumberArray): Promise<Float32Array> {
    return predict(this.#state, features);
  }

  /**
   * What a layer makes of rows of features: its outputs [rows × outputs], row-major, as in `predict` (what hidden layers have learned
   * to see). Throws INVALID_OPTION for a name that no layer has, and SHAPE_MISMATCH.
   */
  async activations(features: NumberArray, layerName: string): Promise<Float32Array> {
    return activations(this.#state, features, layerName);
  }

  /** Loss and gradients of one batch; the weights stay as they are. With `training` as a training step computes, else as `predict`. */
  gradients(options: GradientsOptions): Promise<Gradients> {
    return gradients(this.#state, options);
  }

  /** All parameters in order: layer by layer, a dense layer's kernel, then its bias. */
  parameters(): readonly Parameter[] {
    return this.#parameters;
  }

  countParams(): number {
    return this.#parameters.reduce((sum, { data }) => sum + data.length, 0);
  }

  /** Copies of all weights, by parameter name. */
  getWeights(): Record<string, Float32Array> {
    return Object.fromEntries(this.#parameters.map(({ name, data }) => [name, Float32Array.from(data)]));
  }

  /** Sets all weights. Nothing is changed when a name is missing or unknown, or a length differs (SHAPE_MISMATCH). */
  setWeights(weights: Readonly<Record<string, NumberArray>>): void {
    if (this.#state.phase === 'stepping')
      throw busy(
        'setWeights',
        'Set weights between epochs, in onEpochEnd, between steps, in onBatchEnd, or after fit.',
      );
    const known = new Set(this.#parameters.map(({ name }) => name));
    for (const name of Object.keys(weights)) {
      if (!known.has(name)) throw weightsMismatch(name, 'no such parameter', `${weights[name].length} values`, known);
    }
    for (const { name, data } of this.#parameters) {
      const length = Object.hasOwn(weights, name) ? weights[name].length : null;
      if (length === data.length) continue;
      throw weightsMismatch(name, `${data.length} values`, length === null ? 'none' : `${length} values`, known);
    }
    for (const { name, data } of this.#parameters) data.set(weights[name]);
  }

  /** SHA-256 of all parameters in order, as little-endian float32. */
  weightsHash(): string {
    const hash = createHash('sha256');
    // Hashed in copies: a digest of shared memory could see a write half done.
    for (const { data } of this.#parameters) hash.update(new Uint8Array(Float32Array.from(data).buffer));
    return hash.digest('hex');
  }

  /** The table of layers, output shapes and parameter counts. */
  summary(): string {
    return formatSummary(
      this.spec.layers.map((layer, index) => {
        const own = this.#state.layout.parameters.filter((place) => place.layer === index);
        const count = (trainable: boolean): number =>
          own.filter((place) => place.trainable === trainable).reduce((sum, place) => sum + place.elements, 0);
        return {
          layer: `${layer.name} (${kindName(layer)})`,
          outputShape: this.#state.layout.outputShapes[index],
          trainable: count(true),
          nonTrainable: count(false),
        };
      }),
    );
  }

  /** Writes weights and specification as a safetensors file, which appears whole or not at all. */
  save(path: string): Promise<void> {
    const tensors = this.#parameters.map(({ name, shape, data }) => ({ name, shape, data: Float32Array.from(data) }));
    return writeModelFile(path, this.spec, tensors);
  }
}

function busy(place: string, advice: string): LockstepError {
  return new LockstepError('BUSY', {
    place,
    expected: 'a model that is not being trained',
    received: 'a call while `fit` is running',
    advice,
  });
}

function weightsMismatch(name: string, expected: string, received: string, known: ReadonlySet<string>): LockstepError {
  return new LockstepError('SHAPE_MISMATCH', {
    place: `setWeights("${name}")`,
    expected,
    received,
    advice: `The model's parameters are ${[...known].join(', ')}.`,
  });
}
