import { deepStrictEqual, ok, rejects } from 'node:assert/strict';
import { loadKernels } from '@lockstep/kernels';
import type { Dataset } from '../data/dataset.ts';
import { type OrderOptions, rowsOfWindow, windowsOf } from '../data/order.ts';
import { buildSpec } from '../model/build.ts';
import { dense } from '../model/layers.ts';
import { sgd } from '../optim/sgd.ts';
import { compilePlan } from '../plan/compile.ts';
import { layOutModel } from '../plan/modelLayout.ts';
import { windowsRequest } from '../plan/windows.ts';
import { openSource, type RowNumberOptions, rowNumberWindows } from './rowNumberWindows.ts';
import { Arena } from '../runtime/arena.ts';
import { BatchSequence } from '../runtime/batchSequence.ts';
import { slotViews } from '../runtime/batchSlots.ts';
import { functionsOf } from '../runtime/functions.ts';
import type { Readers, WindowJob } from '../runtime/readers.ts';
import { makeSchedule, type Schedule, ScheduleCursor } from '../runtime/schedule.ts';
import type { RunDescription } from '../runtime/tasks.ts';
import { WindowGather } from '../runtime/windowGather.ts';
import { writeRunNumbers } from '../runtime/windowNumbers.ts';

/** A dataset of a world, and how its rows are taken. */
export interface WorldPart {
  readonly chunkRows: readonly number[];
  readonly windowBytes: number;
  readonly seed: number | null;
  readonly waits: boolean;
}

export type Move = 'fill' | 'load ahead' | 'consume' | 'read' | 'miss' | 'replace' | 'break';

export interface WorldOptions {
  readonly train: WorldPart;
  readonly evaluation: WorldPart | null;
  readonly batchSize: number;
  readonly batchSlots: number;
  readonly windowSlots: number;
  readonly readers: number;
  readonly epochs: number;
  readonly maxSteps: number | undefined;
}

/**
 * A loader and the threads that gather behind it, as moves on one thread, so that every interleaving of theirs can be had: batches
 * are gathered when they are consumed, and not before.
 */
export class LoadingWorld {
  readonly options: WorldOptions;
  readonly schedule: Schedule;
  readonly loads: { readonly train: Int32Array; readonly evaluation: Int32Array };
  readonly #run: RunDescription;
  readonly #datasets: { readonly train: Dataset; readonly evaluation: Dataset | null };
  readonly #orders: { readonly train: OrderOptions; readonly evaluation: OrderOptions | null };
  readonly #threads: { readonly train: WindowGather | null; readonly evaluation: WindowGather | null };
  readonly #expected: number[][] = [];
  #batches: BatchSequence | null = null;
  readonly #cursor: ScheduleCursor;
  #filled = 0;
  #consumed = 0;
  /** Whether the next chunk breaks the loader. */
  #breaks = false;
  /** What the others that read have to do. */
  #job: WindowJob | null = null;
  /** Which of them could not. */
  #missed: readonly number[] = [];

  constructor(options: WorldOptions) {
    const { train, evaluation, batchSlots, windowSlots, readers, epochs, maxSteps } = options;
    const newLoads = (of: WorldPart | null): Int32Array => new Int32Array(of?.chunkRows.length ?? 0);
    this.options = options;
    this.loads = { train: newLoads(train), evaluation: newLoads(evaluation) };
    const datasetOf = (of: WorldPart, loads: Int32Array): Dataset => rowNumberWindows({ ...of, loads });
    this.#datasets = {
      train: datasetOf(train, this.loads.train),
      evaluation: evaluation === null ? null : datasetOf(evaluation, this.loads.evaluation),
    };
    const orderOf = ({ chunkRows, windowBytes, seed }: WorldPart): OrderOptions => ({
      ...{ chunkRows, windowBytesPerRow: 4, windowBytes, seed },
    });
    this.#orders = { train: orderOf(train), evaluation: evaluation === null ? null : orderOf(evaluation) };
    const batchSize = Math.min(options.batchSize, this.#datasets.train.rows);
    const spec = buildSpec([dense(1)], { inputShape: [1] });
    const arena = new Arena(layOutModel(spec).end);
    const windows = windowsRequest(
      { dataset: this.#datasets.train, order: this.#orders.train },
      evaluation === null ? null : { dataset: this.#datasets.evaluation!, order: this.#orders.evaluation! },
      { slots: windowSlots, readers },
    )!;
    const plan = compilePlan({
      ...{ spec, purpose: 'train', loss: { kind: 'meanSquaredError' }, optimizer: sgd(), batchSize, shards: 'auto' },
      ...{ slots: batchSlots, windows, threads: 1, begin: arena.used },
    });
    arena.attach(plan);
    writeRunNumbers(plan.windows!, windows, arena.memory.buffer);
    this.schedule = makeSchedule({
      ...{ epochs, maxSteps, trainSteps: Math.ceil(this.#datasets.train.rows / batchSize) },
      evaluationSteps: Math.ceil((this.#datasets.evaluation?.rows ?? 0) / batchSize),
    });
    this.#run = { memory: arena.memory, plan, kernels: loadKernels(), schedule: this.schedule };
    const functions = functionsOf(this.#run, { layers: [], loss: null });
    const gatherOf = (name: 'train' | 'evaluation'): WindowGather | null =>
      WindowGather.of(plan, name, functions, arena.memory.buffer);
    this.#threads = { train: gatherOf('train'), evaluation: gatherOf('evaluation') };
    this.#cursor = new ScheduleCursor(this.schedule);
  }

  async open(): Promise<void> {
    const { plan, memory } = this.#run;
    const fillerOf = (dataset: Dataset | null, order: OrderOptions | null) =>
      dataset === null || order === null ? null : { dataset, order, batchSize: plan.batchSize, classes: 0 };
    const { train, evaluation } = this.#datasets;
    this.#batches?.close();
    this.#batches = await BatchSequence.open(
      this.#run,
      { train: fillerOf(train, this.#orders.train), evaluation: fillerOf(evaluation, this.#orders.evaluation) },
      {
        functions: functionsOf({ plan, memory, kernels: this.#run.kernels }, { layers: [], loss: null }),
        releases: {
          consumed: () => this.#consumed,
          waitFor: (enough) => {
            // Whoever waits for a batch that nobody can have waits for ever.
            ok(enough <= this.#filled, 'the loader waits for a batch that it has not published');
            while (this.#consumed < enough) this.consume();
          },
        },
        readers: this.options.readers === 1 ? null : this.#others(),
        onChunk: () => {
          if (!this.#breaks) return;
          this.#breaks = false;
          throw new RangeError('on purpose');
        },
      },
    );
  }

  /** The others that read do all of their share at once, when they do, and without being waited for. */
  #others(): Readers {
    return {
      count: this.options.readers,
      done: () => this.#job === null,
      begin: (job) => {
        this.#job = job;
        this.#missed = [];
      },
      waitFor: () => this.#read(),
      missed: () => this.#missed,
    };
  }

  #miss(): void {
    if (this.#job === null) return;
    this.#job = null;
    this.#missed = Array.from({ length: this.options.readers - 1 }, (_, i) => i + 1);
  }

  #read(): void {
    if (this.#job === null) return;
    const { training, epoch, window, slot } = this.#job;
    this.#job = null;
    const { plan, memory } = this.#run;
    const order = training ? this.#orders.train : this.#orders.evaluation!;
    const { address, bytes, readers } = plan.windows!;
    const options = {
      ...((training ? this.#datasets.train : this.#datasets.evaluation!).source.options as RowNumberOptions),
      waits: false,
    };
    const chunks = windowsOf(order, epoch)[window];
    const byteOffset = address + slot * bytes;
    const opened = openSource(options).openWindow(chunks, { buffer: memory.buffer, byteOffset, byteLength: bytes });
    for (let index = 0; index < chunks.length; index++) if (index % readers > 0) void opened.loadChunk(index);
  }

  async move(name: Move): Promise<void> {
    if (name === 'fill') await this.fill();
    else if (name === 'load ahead') await this.#batches?.loadAhead();
    else if (name === 'consume') this.consume();
    else if (name === 'read') this.#read();
    else if (name === 'miss') this.#miss();
    else if (name === 'break') this.#breaks = true;
    else await this.open();
  }

  get done(): boolean {
    return this.#cursor.done && this.#consumed === this.#filled;
  }

  async fill(): Promise<void> {
    if (this.#cursor.done || this.#filled - this.#consumed === this.#run.plan.slots.count) return;
    let rows: number;
    try {
      rows = await this.#batches!.fill(this.#cursor, this.#filled % this.#run.plan.slots.count, true);
    } catch (error) {
      ok(error instanceof RangeError && error.message === 'on purpose', error as Error);
      await this.open();
      return;
    }
    this.#expected.push(this.#rowsOf(this.#cursor).slice(0, rows));
    this.#filled++;
    this.#cursor.advance();
  }

  /** A batch whose chunks are waited for is begun, and given up: another loader comes before its source has answered. */
  async giveUp(): Promise<void> {
    const filling = Promise.resolve(this.#batches!.fill(this.#cursor, this.#filled % this.#run.plan.slots.count, true));
    await Promise.all([rejects(filling, /closed/), this.open()]);
  }

  /** The oldest batch is gathered, as a thread would, and is what it should be. */
  consume(): void {
    if (this.#consumed === this.#filled) return;
    const { plan, memory } = this.#run;
    const expected = this.#expected[this.#consumed];
    const { training } = new ScheduleCursor(this.schedule, this.#consumed);
    const slot = this.#consumed % plan.slots.count;
    const { features, valueLabels } = slotViews(memory.buffer, plan.slots, plan.batchSize)[slot];
    this.#threads[training ? 'train' : 'evaluation']!.gather(slot, 0, expected.length);
    deepStrictEqual([...valueLabels.subarray(0, expected.length)], expected);
    deepStrictEqual([...features.subarray(0, expected.length)], expected);
    this.#consumed++;
  }

  /** Rows of the dataset, in the order of the epoch, from the batch at the cursor on. */
  #rowsOf({ epoch, position, training }: ScheduleCursor): number[] {
    const order = training ? this.#orders.train : this.#orders.evaluation!;
    const { chunkRows } = order;
    const starts = chunkRows.map((_, chunk) => chunkRows.slice(0, chunk).reduce((sum, rows) => sum + rows, 0));
    const rows = windowsOf(order, epoch).flatMap((chunks, window) => {
      const memory = chunks.flatMap((chunk) => Array.from({ length: chunkRows[chunk] }, (_, i) => starts[chunk] + i));
      return Array.from(rowsOfWindow(order, epoch, window, chunks), (row) => memory[row]);
    });
    const trainSteps = epoch === this.schedule.epochs - 1 ? this.schedule.lastTrainSteps : this.schedule.trainSteps;
    return rows.slice((training ? position : position - trainSteps) * this.#run.plan.batchSize);
  }
}
