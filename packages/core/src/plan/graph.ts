import {
  type Activation,
  activationName,
  elementCount,
  kindName,
  type LayerSpec,
  type ModelSpec,
} from '../model/spec.ts';
import { LockstepError } from '../errors.ts';
import type { LossSpec } from '../model/losses.ts';
import { lossOperation } from '../ops/losses.ts';
import { operationOf } from '../ops/registry.ts';

/** One computation of a model: a layer, or a part of one. Nodes stand in the order in which they are computed. */
export interface Node {
  /** For the table of memory: the layer's name, or that with what part of it this is. */
  readonly name: string;
  /** Index of the layer that it belongs to; its parameters are the layer's. */
  readonly layer: number;
  readonly spec: LayerSpec;
  /** Where its inputs come from. */
  readonly inputs: readonly Source[];
  /** Shape of one row of each input, and of its output. */
  readonly inputShapes: readonly (readonly number[])[];
  readonly shape: readonly number[];
}

/** The output of a node, or some of the numbers of the rows of data. */
export type Source =
  | { readonly node: number }
  | { readonly node: null; readonly offset: number; readonly columns: number };

/** A model's computations, as a loss wants them. */
export interface Graph {
  readonly nodes: readonly Node[];
  /** How many nodes read each node's output; the loss is a reader of the last. */
  readonly readers: readonly number[];
  /** Where each layer's inputs are, and its output. */
  readonly layers: readonly { readonly inputs: readonly Source[]; readonly output: Source }[];
}

/** What a layer takes: its inputs' shapes, and from which layers they come; null: the rows of data, from `offset` on. */
export interface LayerInput {
  readonly shape: readonly number[];
  readonly layer: number | null;
  readonly offset: number;
}

/** The inputs and the output shape of every layer. Throws INVALID_MODEL where shapes do not fit together. */
export function connect(spec: ModelSpec): readonly {
  readonly inputs: readonly LayerInput[];
  readonly outputShape: readonly number[];
}[] {
  const connected: { inputs: readonly LayerInput[]; outputShape: readonly number[] }[] = [];
  let offset = 0;
  for (const [index, layer] of spec.layers.entries()) {
    const from = spec.connections?.[index] ?? (index === 0 ? [] : [index - 1]);
    const inputs: LayerInput[] = from.map((source) => ({
      shape: connected[source].outputShape,
      layer: source,
      offset: 0,
    }));
    if (layer.kind === 'input') {
      inputs.push({ shape: layer.shape, layer: null, offset });
      offset += elementCount(layer.shape);
    } else if (inputs.length === 0) inputs.push({ shape: spec.inputShape, layer: null, offset: 0 });
    if (operationOf(layer).takesIndices === true) checkStandsOnData(spec, layer, from);
    const outputShape = operationOf(layer).outputShape(
      layer,
      inputs.map(({ shape }) => shape),
    );
    connected.push({ inputs, outputShape });
  }
  return connected;
}

/** That a layer's inputs are data, or data in another shape. */
function checkStandsOnData(spec: ModelSpec, { name, kind }: LayerSpec, from: readonly number[]): void {
  let below = from;
  while (below.length === 1 && VIEWS.has(spec.layers[below[0]].kind)) {
    below = spec.connections?.[below[0]] ?? (below[0] === 0 ? [] : [below[0] - 1]);
  }
  if (below.length === 0) return;
  throw new LockstepError('INVALID_MODEL', {
    place: `layer "${name}"`,
    expected: 'features of the data, which hold indices',
    received: `the output of layer "${spec.layers[below[0]].name}" (${kindName(spec.layers[below[0]])})`,
    advice: `Let ${kind} be the first layer, or apply it to an input; columns of other kinds can be another input.`,
  });
}

/**
 * The nodes of a model. A loss whose kernel takes logits takes the last activation away: it is in the kernel. `loss` null: the
 * model as it is. `training`: whether there are layers in it that compute something in training alone.
 */
export function graphOf(spec: ModelSpec, loss: LossSpec | null, training: boolean): Graph {
  const fused = loss === null ? null : lossOperation(loss, spec).fusedActivation;
  const nodes: Node[] = [];
  /** Where each layer's output is. */
  const outputs: Source[] = [];
  const layers: { inputs: readonly Source[]; output: Source }[] = [];
  for (const [layer, { inputs: own, outputShape }] of connect(spec).entries()) {
    const layerSpec = spec.layers[layer];
    let inputs: Source[] = own.map((input) => {
      if (input.layer !== null) return outputs[input.layer];
      return { node: null, offset: input.offset, columns: elementCount(input.shape) };
    });
    const taken = inputs;
    let inputShapes = own.map(({ shape }) => shape);
    const isLast = layer === spec.layers.length - 1;
    for (const { suffix, spec: part } of partsOf(layerSpec, isLast ? fused : null, training)) {
      nodes.push({ name: `${layerSpec.name}${suffix}`, layer, spec: part, inputs, inputShapes, shape: outputShape });
      inputs = [{ node: nodes.length - 1 }];
      inputShapes = [outputShape];
    }
    if (isLast && nodes.length === 0) {
      // A model that computes nothing has an output all the same: the sum of one input is a copy of it.
      const { name } = layerSpec;
      nodes.push({ name, layer, spec: { kind: 'add', name }, inputs: [inputs[0]], inputShapes, shape: outputShape });
      inputs = [{ node: nodes.length - 1 }];
    }
    outputs.push(inputs[0]);
    layers.push({ inputs: taken, output: inputs[0] });
  }
  const readers = nodes.map(() => 0);
  for (const { inputs } of nodes) for (const { node } of inputs) if (node !== null) readers[node]++;
  return { nodes, readers, layers };
}

interface Part {
  readonly suffix: string;
  readonly spec: LayerSpec;
}

/** Kinds that only tell the shape of a row otherwise: no numbers are computed. */
const VIEWS: ReadonlySet<LayerSpec['kind']> = new Set<LayerSpec['kind']>(['input', 'flatten', 'reshape']);

/** A dense layer computes ReLU as it stores its output; other activations are nodes of their own. */
function partsOf(layer: LayerSpec, fused: Activation | null, training: boolean): readonly Part[] {
  if (VIEWS.has(layer.kind) || (layer.kind === 'dropout' && (!training || layer.rate === 0))) return [];
  if (!('activation' in layer)) return [{ suffix: '', spec: layer }];
  const { activation, name } = layer;
  if (layer.kind === 'activation') {
    return activation === fused || activation === 'linear' ? [] : [{ suffix: '', spec: layer }];
  }
  if (activation === 'linear' || activation === 'relu') return [{ suffix: '', spec: layer }];
  const linear: Part = { suffix: '', spec: { ...layer, activation: 'linear' } };
  if (activation === fused) return [linear];
  return [linear, { suffix: ` (${activationName(activation)})`, spec: { kind: 'activation', name, activation } }];
}
