import { isMainThread } from 'node:worker_threads';
import { isMainModule } from '../files/userModule.ts';
import { isDefinedLayer } from '../model/defineLayer.ts';
import { isDefinedLoss } from '../model/defineLoss.ts';
import type { DefinedLayer } from '../model/layerDefinition.ts';
import type { DefinedLoss } from '../model/lossDefinition.ts';
import type { Plan } from '../plan/plan.ts';
import { type Custom, isProgram, moduleChanged, moduleFailed, notExported } from './customErrors.ts';
import { customLayer } from './customLayerKernels.ts';
import type { UserCode } from './userCode.ts';
import { customLoss } from './customLossKernel.ts';

/**
 * Imports the modules of the layers and the loss that users wrote into the calling thread. Threads do it before their first step;
 * the caller's thread does too, where they are imported already, so that a module in which threads would not find them is
 * refused whatever the number of threads. Throws LAYER_FAILED, LOSS_FAILED, and FILE_CHANGED for another file than the caller has.
 */
export async function importUserCode(plan: Pick<Plan, 'customLayers' | 'customLoss'>): Promise<UserCode> {
  const layers = await Promise.all(
    plan.customLayers.map((planned) => {
      const isIt = (value: unknown): value is DefinedLayer => isDefinedLayer(value) && value.layer === planned.layer;
      return importDefined(customLayer(planned), planned.source, isIt);
    }),
  );
  const planned = plan.customLoss;
  if (planned === null) return { layers, loss: null };
  const isIt = (value: unknown): value is DefinedLoss => isDefinedLoss(value) && value.loss === planned.name;
  return { layers, loss: await importDefined(customLoss(planned), planned.source, isIt) };
}

async function importDefined<Defined extends { readonly source: string }>(
  custom: Custom,
  source: string,
  isIt: (value: unknown) => value is Defined,
): Promise<Defined> {
  if (isMainThread && isMainModule(custom.module)) throw isProgram(custom);
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = (await import(custom.module)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw moduleFailed(custom, cause);
  }
  const defined = Object.values(exports).find(isIt);
  if (defined === undefined) throw notExported(custom, Object.keys(exports));
  if (defined.source !== source) throw moduleChanged(custom);
  return defined;
}
