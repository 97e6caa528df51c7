import { isCheckpoint } from '../checkpoint/format.ts';
import { readCheckpointModel } from '../checkpoint/file.ts';
import { parseSpec, SPEC_KEY } from '../checkpoint/specText.ts';
import { LockstepError } from '../errors.ts';
import { writeAtomically } from '../files/atomicFile.ts';
import { bindLayers } from '../model/build.ts';
import type { DefinedLayer } from '../model/layerDefinition.ts';
import { bytesOf, type Tensor } from '../model/safetensors.ts';
import { readSafetensors, readSafetensorsHeader } from '../model/safetensorsFile.ts';
import { encodeHeader, type TensorPlace } from '../model/safetensorsHeader.ts';
import { formatShape, type ModelSpec } from '../model/spec.ts';
import { layOutModel } from '../plan/modelLayout.ts';

/** What a file gives a model. */
export interface ModelFile {
  readonly spec: ModelSpec;
  /** The model's parameters, under their names. */
  readonly tensors: readonly Tensor[];
}

/**
 * Writes weights and specification as safetensors. The file appears under its name only when it is whole: it is written
 * beside it, flushed to the disk, and renamed. Throws FILE_NOT_WRITTEN.
 */
export async function writeModelFile(path: string, spec: ModelSpec, tensors: readonly Tensor[]): Promise<void> {
  const header = encodeHeader({ [SPEC_KEY]: JSON.stringify(spec) }, tensors);
  await writeAtomically(path, async (file) => {
    await file.write(header);
    for (const { data } of tensors) await file.write(bytesOf(data));
  });
}

/**
 * Reads what `writeModelFile` wrote, or the model of a checkpoint. The header is checked against the specification that
 * the file states before any weights are read. `layers`: those that users wrote and the model may have. Throws FILE_NOT_FOUND,
 * FILE_INVALID, FILE_CHANGED, INVALID_MODEL, SHAPE_MISMATCH and MEMORY_EXCEEDED; LAYER_UNKNOWN for a layer that is not among them.
 */
export async function readModelFile(path: string, layers: readonly DefinedLayer[] = []): Promise<ModelFile> {
  if (isCheckpoint((await readSafetensorsHeader(path)).metadata)) {
    const { spec, tensors } = await readCheckpointModel(path);
    return { spec: bindLayers(spec, layers, path), tensors };
  }
  let spec: ModelSpec | null = null;
  const { tensors } = await readSafetensors(path, {
    accept: ({ metadata, tensors: places }) => {
      spec = bindLayers(parseSpec(metadata, path), layers, path);
      requireParameters(path, spec, places);
      return () => true;
    },
  });
  // TypeScript does not see that `accept` was called.
  return { spec: spec as unknown as ModelSpec, tensors };
}

/** That the tensors are the parameters of the model, in any order. */
function requireParameters(path: string, spec: ModelSpec, places: readonly TensorPlace[]): void {
  const shapes = new Map(places.map(({ name, shape }) => [name, formatShape(shape)]));
  const parameters = layOutModel(spec).parameters;
  for (const { name, shape } of parameters) {
    const found = shapes.get(name);
    if (found !== formatShape(shape)) throw mismatch(path, `${name} of shape ${formatShape(shape)}`, found ?? 'none');
    shapes.delete(name);
  }
  const [other] = shapes.keys();
  if (other !== undefined) throw mismatch(path, `no parameters but the ${parameters.length} of its model`, other);
}

function mismatch(place: string, expected: string, received: string): LockstepError {
  const advice = 'The file contradicts the model that it states: was it changed by another program?';
  return new LockstepError('SHAPE_MISMATCH', { place, expected, received, advice });
}
