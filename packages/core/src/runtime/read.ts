import type { FillerOptions } from '../data/batchFiller.ts';
import type { WindowSource } from '../data/dataset.ts';
import { openWindowSource } from '../data/openSource.ts';
import { windowsOf } from '../data/order.ts';
import { HOLDS, THREAD } from '../plan/words.ts';
import { checkAttached, controlWords, readerLine } from './arena.ts';
import { signalReady, sleepWhile, wake, WORD } from './control.ts';
import { FaultInjector } from './faults.ts';
import { comesAgain } from './stepErrors.ts';
import type { ReadTask } from './tasks.ts';

/**
 * The long task of a reader: its share of every window that the loader begins, until the run ends. What is wrong with a chunk is
 * left to the loader, which comes to it when its rows are due.
 */
export async function read(task: ReadTask): Promise<never> {
  const { memory, plan } = task.run;
  const control = controlWords(memory.buffer, plan);
  checkAttached(control, plan);
  const line = readerLine(memory.buffer, plan, task.reader);
  const faults = FaultInjector.of(task.faults, control, line);
  const sources = await openSources(task);
  signalReady(control, line);
  try {
    for (;;) {
      // Its predecessor's: what that had begun is begun again.
      const loaded = Atomics.load(line, THREAD.loaded);
      sleepWhile(control, WORD.windowJob, loaded);
      line[THREAD.holds] = 1;
      const job = Atomics.load(control, WORD.windowJob);
      const loading = loadShare(task, sources, control, () => {
        line[THREAD.moves]++;
        faults?.at('chunk', Atomics.load(control, WORD.filled));
      });
      await loading.catch((error: unknown) => {
        if (!comesAgain(error)) throw error;
        Atomics.store(line, THREAD.missed, job);
      });
      line[THREAD.holds] = HOLDS.nothing;
      Atomics.store(line, THREAD.loaded, job);
      wake(line, THREAD.loaded);
    }
  } finally {
    for (const source of sources) source?.close();
  }
}

/** Of training, and of evaluation. */
type Sources = readonly [WindowSource | null, WindowSource | null];

async function openSources({ sources: { train, evaluation } }: ReadTask): Promise<Sources> {
  const open = (options: FillerOptions | null): Promise<WindowSource | null> =>
    options === null ? Promise.resolve(null) : openWindowSource(options.dataset);
  const opened = await open(train);
  try {
    return [opened, await open(evaluation)];
  } catch (error) {
    opened?.close();
    throw error;
  }
}

/** The chunks of the window in progress that are this reader's. Which these are, the order says, as it does to the loader. */
async function loadShare(
  { run, sources, reader }: ReadTask,
  [train, evaluation]: Sources,
  control: Int32Array,
  onChunk: () => void,
): Promise<void> {
  const { plan, memory } = run;
  const [slot, training, epoch, number] = control.subarray(WORD.windowJob + 1, WORD.windowJob + 5);
  const options = training === 1 ? sources.train : sources.evaluation;
  const source = training === 1 ? train : evaluation;
  if (plan.windows === null || options === null || source === null) throw new Error('the dataset has no windows');
  const { address, bytes, readers } = plan.windows;
  const chunks = windowsOf(options.order, epoch)[number];
  const byteOffset = address + slot * bytes;
  const window = source.openWindow(chunks, { buffer: memory.buffer, byteOffset, byteLength: bytes });
  for (let index = reader; index < chunks.length; index += readers) {
    onChunk();
    await window.loadChunk(index);
  }
}
