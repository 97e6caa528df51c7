import type { KernelName } from '@lockstep/kernels';
import type { Dataset, FeatureRun, NumberKind } from '../data/dataset.ts';
import { rowBytesOf } from '../data/gatherNumbers.ts';
import { type OrderOptions, rowsOfChunks, WINDOW_ROWS } from '../data/order.ts';
import { checkWindowDescription } from '../data/windowDescription.ts';
import { LockstepError } from '../errors.ts';
import type { MemoryMapBuilder } from './memoryMap.ts';
import { THREAD_LINE_BYTES } from './words.ts';

/** Windows begin on pages of memory, as sources are promised. */
const PAGE = 4096;

/** Memory behind the last window that kernels read, and do not use. */
const BEHIND = 64;

/**
 * Windows in shared memory: the loader reads rows into slots, ahead of the steps, and threads gather the features of the rows
 * that they are about to compute. What a plan is to have for those of a run's datasets.
 */
export interface WindowsRequest {
  /** Windows that can be there at once, and threads that load them, the loader among them. */
  readonly slots: number;
  readonly readers: number;
  /** Bytes of the largest. */
  readonly bytes: number;
  /** What they hold; null for a dataset that has none. */
  readonly train: readonly FeatureRun[] | null;
  readonly evaluation: readonly FeatureRun[] | null;
}

/** Where it is. Slot s lies at address + s · bytes. */
export interface PlannedWindows {
  readonly slots: number;
  readonly readers: number;
  /** The lines of words of the readers beside the loader, see THREAD. */
  readonly readerLines: number;
  readonly address: number;
  readonly bytes: number;
  /** Uint32 [slots, runs]: the address of the first row of each run of the window. `runs`: of the dataset that has more. */
  readonly table: number;
  readonly runs: number;
  readonly train: readonly PlannedRun[] | null;
  readonly evaluation: readonly PlannedRun[] | null;
}

/** Features that one kernel gathers. */
export interface PlannedRun {
  readonly kernel: KernelName;
  readonly width: number;
  /** From one row of the window to the next. */
  readonly rowBytes: number;
  /** Float64 [width] where `perItem`, else one number: what is subtracted, and then multiplied by. */
  readonly subtract: number;
  readonly factor: number;
  readonly perItem: boolean;
}

/** A dataset and the order in which a run takes its rows. */
export interface OrderedDataset {
  readonly dataset: Dataset;
  readonly order: OrderOptions;
}

/**
 * null where neither dataset has windows. Throws INVALID_OPTION where one says of its windows what cannot be, and MEMORY_EXCEEDED
 * for a chunk of more rows than threads have numbers for.
 */
export function windowsRequest(
  train: OrderedDataset | null,
  evaluation: OrderedDataset | null,
  { slots, readers }: Pick<WindowsRequest, 'slots' | 'readers'>,
): WindowsRequest | null {
  const runsOf = (ordered: OrderedDataset | null): readonly FeatureRun[] | null => {
    if (ordered !== null) checkWindowDescription(ordered.dataset);
    return ordered?.dataset.windows?.runs ?? null;
  };
  const [trainRuns, evaluationRuns] = [runsOf(train), runsOf(evaluation)];
  if (trainRuns === null && evaluationRuns === null) return null;
  const bytes = Math.max(...[train, evaluation].map((ordered) => (ordered === null ? 0 : windowBytesOf(ordered))));
  return { slots, readers, bytes, train: trainRuns, evaluation: evaluationRuns };
}

/** The most that a window of a dataset can take. */
function windowBytesOf({ dataset, order }: OrderedDataset): number {
  const { windows, chunkRows, windowBytesPerRow } = dataset;
  if (windows === undefined) return 0;
  const largest = chunkRows.reduce((most, rows) => Math.max(most, rows), 0);
  if (largest > WINDOW_ROWS) {
    throw new LockstepError('MEMORY_EXCEEDED', {
      place: 'dataset.chunkRows',
      expected: `chunks of at most ${WINDOW_ROWS} rows`,
      received: `one of ${largest}`,
      advice: 'Cut the dataset into smaller chunks: each is read whole.',
    });
  }
  const all = rowsOfChunks(dataset, [...chunkRows.keys()]) * windowBytesPerRow;
  return Math.min(all, Math.max(order.windowBytes, largest * windowBytesPerRow)) + windows.overheadBytes;
}

/** Lays out slots, table and constants, which `writeRunNumbers` of runtime/windowNumbers.ts writes. */
export function planWindows(
  request: WindowsRequest,
  map: MemoryMapBuilder,
  reserveZeroed: (name: string, bytes: number) => number,
): PlannedWindows {
  const { slots, readers } = request;
  const readerLines = reserveZeroed('words of readers', (readers - 1) * THREAD_LINE_BYTES);
  const runs = Math.max(request.train?.length ?? 0, request.evaluation?.length ?? 0);
  const train = planRuns(request.train, map);
  const evaluation = planRuns(request.evaluation, map);
  const table = map.reserve('table of windows', slots * runs * 4);
  const bytes = Math.ceil(request.bytes / PAGE) * PAGE;
  const address = map.reserve(slots === 1 ? 'window' : `${slots} windows`, slots * bytes + BEHIND, PAGE);
  return { slots, readers, readerLines, address, bytes, table, runs, train, evaluation };
}

function planRuns(runs: readonly FeatureRun[] | null, map: MemoryMapBuilder): readonly PlannedRun[] | null {
  if (runs === null) return null;
  return runs.map((run) => {
    const { kind, width } = run;
    const perItem = isPerItem(run);
    const items = perItem ? width : 1;
    const subtract = map.reserve('numbers of normalization', 2 * items * 8);
    return {
      kernel: gatherKernel(kind),
      ...{ width, rowBytes: rowBytesOf(run) },
      ...{ subtract, factor: subtract + items * 8, perItem },
    };
  });
}

/** Whether each number of a row is normalized by itself. */
export function isPerItem({ subtract, factor }: FeatureRun): boolean {
  return typeof subtract !== 'number' || typeof factor !== 'number';
}

function gatherKernel(kind: NumberKind): KernelName {
  return `gather${kind[0].toUpperCase()}${kind.slice(1)}` as KernelName;
}
