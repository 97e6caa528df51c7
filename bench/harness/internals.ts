/**
 * Parts of core that no package exports, taken from its sources: a benchmark or a simulation must not have rules of its own
 * where the training has some. Only with `--conditions=lockstep-source`, so that there is one copy of each.
 */
const load = async (file: string): Promise<unknown> =>
  import(new URL(`../../packages/core/src/${file}`, import.meta.url).href);

export const { BatchFiller } = (await load(
  'data/batchFiller.ts',
)) as typeof import('../../packages/core/src/data/batchFiller.ts');
export const { openParallelSource } = (await load(
  'data/openSource.ts',
)) as typeof import('../../packages/core/src/data/openSource.ts');
export const { BLOCK_ROWS, blocksOf, rowRanges } = (await load(
  'plan/rowRanges.ts',
)) as typeof import('../../packages/core/src/plan/rowRanges.ts');
export const { Arena } = (await load('runtime/arena.ts')) as typeof import('../../packages/core/src/runtime/arena.ts');
export const { Barrier } = (await load(
  'runtime/barrier.ts',
)) as typeof import('../../packages/core/src/runtime/barrier.ts');
export const { slotViews } = (await load(
  'runtime/batchSlots.ts',
)) as typeof import('../../packages/core/src/runtime/batchSlots.ts');
export const { refresherOf } = (await load(
  'runtime/refresh.ts',
)) as typeof import('../../packages/core/src/runtime/refresh.ts');
export const { StepState } = (await load(
  'runtime/stepState.ts',
)) as typeof import('../../packages/core/src/runtime/stepState.ts');
export const { StepRunner } = (await load(
  'runtime/stepRunner.ts',
)) as typeof import('../../packages/core/src/runtime/stepRunner.ts');
export const { compilePlan } = (await load(
  'plan/compile.ts',
)) as typeof import('../../packages/core/src/plan/compile.ts');
export const { layOutModel } = (await load(
  'plan/modelLayout.ts',
)) as typeof import('../../packages/core/src/plan/modelLayout.ts');
export const { epochStart, makeSchedule } = (await load(
  'runtime/schedule.ts',
)) as typeof import('../../packages/core/src/runtime/schedule.ts');
export const { InlineDriver } = (await load(
  'runtime/inlineDriver.ts',
)) as typeof import('../../packages/core/src/runtime/inlineDriver.ts');
export const { PooledDriver } = (await load(
  'runtime/pooledDriver.ts',
)) as typeof import('../../packages/core/src/runtime/pooledDriver.ts');
export const { threadsAndSlots, windowsAndReaders } = (await load(
  'train/threads.ts',
)) as typeof import('../../packages/core/src/train/threads.ts');
export const { fillerOptions } = (await load('train/run.ts')) as typeof import('../../packages/core/src/train/run.ts');
export const { WORD } = (await load(
  'runtime/control.ts',
)) as typeof import('../../packages/core/src/runtime/control.ts');
export const { DEFAULT_WINDOW_BYTES, fileOrder, shuffledOrder } = (await load(
  'data/order.ts',
)) as typeof import('../../packages/core/src/data/order.ts');
export const { windowsRequest } = (await load(
  'plan/windows.ts',
)) as typeof import('../../packages/core/src/plan/windows.ts');
export const { writeRunNumbers } = (await load(
  'runtime/windowNumbers.ts',
)) as typeof import('../../packages/core/src/runtime/windowNumbers.ts');
