import { elementCount, type ModelSpec, type ParameterSpec } from '../model/spec.ts';
import { operationOf } from '../ops/registry.ts';
import { connect } from './graph.ts';
import { MemoryMapBuilder } from './memoryMap.ts';

/** A parameter with its place in the arena. */
export interface ParameterPlace extends ParameterSpec {
  /** `layer/parameter`, e.g. `dense_1/kernel`: unique in the model. */
  readonly name: string;
  readonly layer: number;
  readonly address: number;
  readonly elements: number;
}

/** What never moves while a model lives: its parameters, at the front of the arena. */
export interface ModelLayout {
  readonly parameters: readonly ParameterPlace[];
  /** Output shape of every layer. */
  readonly outputShapes: readonly (readonly number[])[];
  /** Numbers of a row of the model's output: that of the last layer. */
  readonly outputs: number;
  /** First byte after the parameters: where a run's plan begins. */
  readonly end: number;
}

/** Addresses below this are never used, so that a forgotten address (0) does not point at weights. */
const FIRST_ADDRESS = 1024;

export function layOutModel(spec: ModelSpec): ModelLayout {
  const map = new MemoryMapBuilder(FIRST_ADDRESS);
  const parameters: ParameterPlace[] = [];
  const outputShapes: (readonly number[])[] = [];
  for (const [layer, { inputs, outputShape }] of connect(spec).entries()) {
    const layerSpec = spec.layers[layer];
    const shapes = inputs.map(({ shape }) => shape);
    for (const parameter of operationOf(layerSpec).parameters(layerSpec, shapes)) {
      const name = `${layerSpec.name}/${parameter.name}`;
      const elements = elementCount(parameter.shape);
      const address = map.reserve(name, elements * 4);
      parameters.push({ ...parameter, name, layer, address, elements });
    }
    outputShapes.push(outputShape);
  }
  const outputs = elementCount(outputShapes.at(-1) ?? []);
  return { parameters, outputShapes, outputs, end: map.finish().end };
}
