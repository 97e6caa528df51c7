import { fileURLToPath } from 'node:url';
import { realpathSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { isDefinedLayer } from '../model/defineLayer.ts';
import type { DefinedLayer } from '../model/layerDefinition.ts';
import type { PlannedCustomLayer } from '../plan/plan.ts';
import { isProgram, moduleChanged, moduleFailed, notExported } from './customErrors.ts';

/**
 * Imports the modules of the layers that users wrote into the calling thread. Threads do it before their first step; the
 * caller's thread does too, where they are imported already, so that a module in which threads would not find the layer is
 * refused whatever the number of threads. Throws LAYER_FAILED, and FILE_CHANGED for another file than the caller has.
 */
export async function importLayers(customLayers: readonly PlannedCustomLayer[]): Promise<readonly DefinedLayer[]> {
  return Promise.all(customLayers.map((planned) => importLayer(planned)));
}

async function importLayer(planned: PlannedCustomLayer): Promise<DefinedLayer> {
  if (isMainThread && isMainModule(planned.module)) throw isProgram(planned);
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = (await import(planned.module)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw moduleFailed(planned, cause);
  }
  const layer = Object.values(exports).find((value) => isDefinedLayer(value) && value.layer === planned.layer);
  if (!isDefinedLayer(layer)) throw notExported(planned, Object.keys(exports));
  if (layer.source !== planned.source) throw moduleChanged(planned);
  return layer;
}

/** Whether the module is what `node` was told to run. */
function isMainModule(module: string): boolean {
  const [, program] = process.argv;
  if (program === undefined || !module.startsWith('file:')) return false;
  try {
    return fileURLToPath(module) === realpathSync(program);
  } catch {
    return false;
  }
}
