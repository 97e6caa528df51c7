import type { Dataset } from '../data/dataset.ts';
import { elementCount, type ModelSpec } from '../model/spec.ts';
import { cutBatch, piecesOf } from '../plan/batchCut.ts';
import { fastestThreads } from '../plan/stepTime.ts';
import type { ModelLayout } from '../plan/modelLayout.ts';
import { availableCores } from '../runtime/cores.ts';

/**
 * Threads of a run, and batches between the loader and them: an inline run loads each batch into the one slot it needs. `windowed`:
 * whether the loader reads windows between batches.
 */
export function threadsAndSlots(
  workers: number | 'auto',
  spec: ModelSpec,
  layout: ModelLayout,
  batchSize: number,
  training: boolean,
  shards: number | 'auto' = 'auto',
  windowed = false,
): { readonly threads: number; readonly slots: number } {
  const pieces = piecesOf(cutBatch(spec, batchSize, shards, training), batchSize);
  const work = {
    batchSize,
    pieces,
    parameters: countOf(layout),
    training,
    customNumbers: customNumbersOf(spec, layout),
  };
  const threads = workers === 'auto' ? fastestThreads(work, availableCores()) : workers;
  const ringBytes = windowed ? WINDOWED_RING_BYTES : RING_BYTES;
  return { threads, slots: threads === 1 ? 1 : ringSlots(batchSize * elementCount(spec.inputShape) * 4, ringBytes) };
}

/** Most threads that read with 'auto'. */
const MOST_READERS = 4;

/**
 * Windows at once: one that batches come from and one that is loaded meanwhile; an inline run loads when it needs to. And the
 * threads that load them, the loader among them: as asked for, or where chunks take work, as many as there are idle cores.
 */
export function windowsAndReaders(
  threads: number,
  readers: number | 'auto',
  ...datasets: readonly (Dataset | undefined)[]
): { readonly slots: number; readonly readers: number } {
  if (threads === 1) return { slots: 1, readers: 1 };
  if (readers !== 'auto') return { slots: 2, readers };
  const decodes = datasets.some((dataset) => dataset?.windows?.decodes === true);
  const idle = Math.max(0, availableCores() - threads - 1);
  return { slots: 2, readers: decodes ? Math.min(MOST_READERS, 1 + idle) : 1 };
}

function countOf({ parameters }: ModelLayout): number {
  return parameters.reduce((sum, { elements }) => sum + elements, 0);
}

function customNumbersOf({ layers }: ModelSpec, { outputShapes }: ModelLayout): number {
  return layers.reduce((sum, { kind }, index) => sum + (kind === 'custom' ? elementCount(outputShapes[index]) : 0), 0);
}

/** Memory that the ring between the loader and the steps may take, beyond its least number of batches. */
const RING_BYTES = 4 * 1024 * 1024;
/** Steps go on with what is in it while the loader reads a chunk, which has about half as much. */
const WINDOWED_RING_BYTES = 8 * 1024 * 1024;
/** Powers of two, because sequence numbers wrap; control.ts has words for 64. */
const SLOTS = { least: 4, most: 32 };

/** The more small batches lie ready, the less often the loader has to be woken. */
function ringSlots(batchBytes: number, ringBytes: number): number {
  let slots = SLOTS.least;
  while (slots < SLOTS.most && 2 * slots * batchBytes <= ringBytes) slots *= 2;
  return slots;
}
