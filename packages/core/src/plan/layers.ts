import { elementCount } from '../model/spec.ts';
import { type KernelCall, paddedRowBytes, type RowMatrix } from '../ops/calls.ts';
import { convertGradient, type GradientForm, PLAIN } from '../ops/gradientForm.ts';
import type { BackwardContext, InputGradient } from '../ops/layer.ts';
import { copyRows } from '../ops/merge.ts';
import { operationOf } from '../ops/registry.ts';
import { type Graph, graphOf, type Node, type Source } from './graph.ts';
import type { LayerPlace } from './layerPlaces.ts';
import type { MemoryMapBuilder } from './memoryMap.ts';
import type { ModelLayout } from './modelLayout.ts';
import { type PlanRequest, type RandomKey, type SlotLayout, isTraining } from './plan.ts';
import { KEY_BYTES, KEY_OFFSET } from './scratch.ts';

/** A node with its memory. */
export interface PlannedNode extends Node {
  readonly context: BackwardContext;
}

export interface PlannedLayers {
  readonly nodes: readonly PlannedNode[];
  /** The last node's. */
  readonly output: RowMatrix;
  readonly outputGradient: RowMatrix;
  /** Calls of a range of rows. */
  readonly forward: readonly KernelCall[];
  readonly evaluation: readonly KernelCall[];
  readonly backward: readonly KernelCall[];
  readonly refresh: readonly KernelCall[];
  readonly randomKeys: readonly RandomKey[];
  /** Of each layer. */
  readonly matrices: readonly Pick<LayerPlace, 'inputs' | 'output'>[];
}

/**
 * Gives every node of the model its memory and its calls. A node whose output has one reader has its gradient written by that
 * reader, in the form that it wants. With several readers, each writes its own plainly; they are added up, in the order in
 * which backward comes by, and then brought into the form.
 */
export function planLayers(
  request: PlanRequest,
  layout: ModelLayout,
  map: MemoryMapBuilder,
  slots: SlotLayout,
  shards: number,
): PlannedLayers {
  const { batchSize, purpose, spec, loss, seed: seedOfRun = 0 } = request;
  const withGradients = purpose === 'train' || purpose === 'gradients';
  const training = isTraining(request);
  const graph = graphOf(spec, loss, training);
  const wanted = withGradients ? gradientsWanted(graph, layout) : graph.nodes.map(() => false);
  const close = closeRows(graph);
  const nodes: PlannedNode[] = [];
  const forms: GradientForm[] = [];
  const randomKeys: RandomKey[] = [];
  for (const [index, node] of graph.nodes.entries()) {
    const last = index === graph.nodes.length - 1;
    const columns = elementCount(node.shape);
    const rowBytes = close[index] ? columns * 4 : paddedRowBytes(columns);
    const matrix = (name: string): RowMatrix => ({
      address: map.reserve(`${name} of ${node.name}`, batchSize * rowBytes),
      columns,
      rowBytes,
      slotBytes: 0,
    });
    const output = matrix('output');
    // Outside training only the loss kernel writes a gradient: that of the last output.
    const outputGradient = withGradients || (last && loss !== null) ? matrix('output gradient') : output;
    const own = new Map<string, number>();
    let key: number | null = null;
    const context: BackwardContext = {
      inputs: node.inputs.map((source) => matrixOf(source, nodes, slots)),
      inputShapes: node.inputShapes,
      output,
      outputShape: node.shape,
      outputGradient,
      needsInputGradient: node.inputs.map((source) => source.node !== null && wanted[source.node]),
      inputGradients: node.inputs.map((source) => inputGradientOf(source, graph, nodes, forms, wanted, map, batchSize)),
      batchRows: batchSize,
      shards,
      training,
      parameters: layout.parameters.filter((place) => place.layer === node.layer).map((place) => place.address),
      reserve(name, bytes) {
        const address = own.get(name) ?? map.reserve(`${name} of ${node.name}`, bytes);
        own.set(name, address);
        return address;
      },
      randomKey(seed = seedOfRun) {
        key ??= randomKeys.push({ seed, layer: randomKeys.length }) - 1;
        return { scratch: 1, one: KEY_OFFSET + key * KEY_BYTES };
      },
    };
    nodes.push({ ...node, context });
    forms.push(withGradients ? operationOf(node.spec).gradientForm(node.spec, context) : PLAIN);
  }
  const forward = (asTraining: boolean): KernelCall[] =>
    nodes.flatMap(({ spec: own, context }) => operationOf(own).forward(own, context, asTraining));
  const { output, outputGradient } = nodes[nodes.length - 1].context;
  return {
    nodes,
    output,
    outputGradient,
    forward: forward(training),
    evaluation: forward(false),
    backward: withGradients ? backwardCalls(graph, nodes, forms, wanted) : [],
    refresh: nodes.flatMap(({ spec: own, context }) => operationOf(own).refresh(own, context)),
    randomKeys,
    matrices: graph.layers.map((layer) => ({
      inputs: layer.inputs.map((source) => matrixOf(source, nodes, slots)),
      output: matrixOf(layer.output, nodes, slots),
    })),
  };
}

/**
 * Which nodes' rows lie close together: those whose kernels, or whose readers', expect it; and the last one's, as the kernels of
 * losses and whoever reads predictions do.
 */
function closeRows({ nodes }: Graph): boolean[] {
  const rows = nodes.map(({ spec, shape }) => operationOf(spec).rows?.(spec, shape));
  const close = rows.map((own, index) => own === 'close' || index === nodes.length - 1);
  for (const [index, { inputs }] of [...nodes.entries()].toReversed()) {
    if (!close[index] || rows[index] === undefined) continue;
    for (const { node } of inputs) if (node !== null) close[node] = true;
  }
  return close;
}

/** Of which nodes the gradient is needed: those with trainable parameters, and all that come after such. */
function gradientsWanted({ nodes }: Graph, layout: ModelLayout): boolean[] {
  const wanted: boolean[] = [];
  for (const { layer, inputs } of nodes) {
    const trains = layout.parameters.some((parameter) => parameter.layer === layer && parameter.trainable);
    wanted.push(trains || inputs.some(({ node }) => node !== null && wanted[node]));
  }
  return wanted;
}

function matrixOf(source: Source, nodes: readonly PlannedNode[], slots: SlotLayout): RowMatrix {
  if (source.node !== null) return nodes[source.node].context.output;
  return {
    address: slots.address + slots.features + source.offset * 4,
    columns: source.columns,
    rowBytes: slots.featureWidth * 4,
    slotBytes: slots.bytes,
  };
}

/** Where a reader writes the gradient of what it reads. */
function inputGradientOf(
  { node }: Source,
  { readers }: Graph,
  nodes: readonly PlannedNode[],
  forms: readonly GradientForm[],
  wanted: readonly boolean[],
  map: MemoryMapBuilder,
  batchRows: number,
): InputGradient | null {
  if (node === null || !wanted[node]) return null;
  const { outputGradient } = nodes[node].context;
  if (readers[node] === 1) return { matrix: outputGradient, form: forms[node] };
  const address = map.reserve(`gradient of ${nodes[node].name} from a reader`, batchRows * outputGradient.rowBytes);
  return { matrix: { ...outputGradient, address }, form: PLAIN };
}

/** Node by node from the last one, whose gradient the loss has written plainly. */
function backwardCalls(
  { nodes: all, readers }: Graph,
  nodes: readonly PlannedNode[],
  forms: readonly GradientForm[],
  wanted: readonly boolean[],
): KernelCall[] {
  const calls: KernelCall[] = [];
  /** Readers whose gradients have been added up so far. */
  const added = all.map(() => 0);
  for (let index = nodes.length - 1; index >= 0; index--) {
    const { spec, context, inputs } = nodes[index];
    if (!wanted[index]) continue;
    if (index === nodes.length - 1 || readers[index] > 1) {
      calls.push(...convertGradient(forms[index], context.outputGradient));
    }
    calls.push(...operationOf(spec).backward(spec, context));
    for (const [input, { node }] of inputs.entries()) {
      const written = context.inputGradients[input];
      if (node === null || written === null || readers[node] === 1) continue;
      calls.push(copyRows(nodes[node].context.outputGradient, written.matrix, added[node]++ > 0));
    }
  }
  return calls;
}
