import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { availableCores } from '@lockstep/core';
import { interleave, type Point } from '../harness/interleave.ts';
import type { BenchOptions } from '../harness/options.ts';
import { spread } from '../harness/statistics.ts';
import { withTemporaryFolder } from '../harness/temporaryFolder.ts';
import type { Network } from '../peers/protocol.ts';
import { writeNumbers } from './csvFile.ts';
import { BYTES, COLUMNS, IMAGES, type TableFile, writeTable } from './files.ts';
import { apacheArrow, csvConversion, rawReads, readyBatches, trainSteps } from './points.ts';
import type { PassesAnswer } from './protocol.ts';
import { type LoaderCase, summarise } from './results.ts';
import { type Target, targetsOf } from './targets.ts';
import { compareTraining, type TrainingResult } from './training.ts';

export interface LoaderResult {
  readonly cases: readonly LoaderCase[];
  /** Null when `--cases` leaves it out. */
  readonly training: TrainingResult | null;
  readonly targets: readonly Target[];
}

/** Sizes of files, as shares of the largest. */
const SHARE = { images: 1, bytes: 1 / 8, columns: 1 / 4, training: 1 / 5, csv: 1 / 5 } as const;
/** Rows that values are asked of one by one: some tenths of a second a pass. */
const GET_ROWS = 200_000;
const NETWORK: Network = { sizes: [784, 512, 256, 10], batchSize: 256, optimizer: 'adam', learningRate: 0.001 };
const WORKERS = 2;
/** A process that takes longer is not started again in later rounds: none should. */
const SLOW_MS = 60_000;

/** How fast data become batches, from files that lie in the page cache: they have just been written. */
export async function benchLoader(options: BenchOptions): Promise<LoaderResult> {
  return withTemporaryFolder('loader', async (folder) => {
    const bench = new LoaderBench(options, folder);
    const images = await bench.table('images', IMAGES, (file) => [
      ...rawReads(file, options),
      apacheArrow('copy', IMAGES, { file, rows: 0 }, options),
    ]);
    const bytes = await bench.table('bytes', BYTES, () => []);
    const columns = await bench.table('columns', COLUMNS, (file) => [
      ...(['get', 'getOfBatch'] as const).map((task) => apacheArrow(task, COLUMNS, { file, rows: GET_ROWS }, options)),
    ]);
    const training = await bench.training();
    const csv = await bench.passes('csv', '32 columns of numbers as CSV', writeNumbers, (file) => [
      csvConversion(file, options),
    ]);
    const cases = [images, bytes, columns, csv].filter((one) => one !== null);
    return { cases, training, targets: targetsOf({ images, columns, csv, training }) };
  });
}

type WriteFile = (file: string, bytes: number) => unknown;

/** The measurements of the part. Each file is there only while it is measured. */
class LoaderBench {
  readonly #options: BenchOptions;
  readonly #file: string;

  constructor(options: BenchOptions, folder: string) {
    this.#options = options;
    this.#file = join(folder, 'data');
  }

  /** Lockstep in order and shuffled, and `peers`. */
  table(
    kind: keyof typeof SHARE,
    table: TableFile,
    peers: (file: string) => readonly Point<PassesAnswer>[],
  ): Promise<LoaderCase | null> {
    const write: WriteFile = (file, bytes) => writeTable(file, table, bytes);
    return this.passes(kind, table.name, write, (file) => [...this.#ours(table, file), ...peers(file)]);
  }

  passes(
    kind: keyof typeof SHARE,
    name: string,
    write: WriteFile,
    points: (file: string) => readonly Point<PassesAnswer>[],
  ): Promise<LoaderCase | null> {
    return this.#withFile(kind, write, async (file) => {
      const { rounds } = this.#options;
      const cost = ({ milliseconds }: PassesAnswer): number => spread(milliseconds).min;
      const series = await interleave(points(file), { rounds, cost, slowMs: SLOW_MS });
      return { name, fileBytes: statSync(file).size, rows: series.map(summarise) };
    });
  }

  training(): Promise<TrainingResult | null> {
    const write: WriteFile = (file, bytes) => writeTable(file, IMAGES, bytes);
    return this.#withFile('training', write, async (file) => {
      const { budgetMs, rounds } = this.#options;
      const request = { ...NETWORK, ...IMAGES, file, workers: WORKERS, budgetMs };
      const points = [false, true].map((inMemory) => trainSteps({ ...request, inMemory }, this.#options));
      const series = await interleave(points, { rounds, cost: null, slowMs: SLOW_MS });
      return compareTraining(`${NETWORK.sizes.join('-')}, batch ${NETWORK.batchSize}, ${WORKERS} workers`, series);
    });
  }

  /** Each inline, and by threads that gather beside the loader's: one, two and all cores. */
  #ours(table: TableFile, file: string): Point<PassesAnswer>[] {
    const threads = [...new Set([0, 1, 2, availableCores()])];
    return [false, true].flatMap((shuffle) =>
      threads.map((count) => readyBatches(table, file, { shuffle, threads: count }, this.#options)),
    );
  }

  /** Null where `--cases` leaves it out. */
  async #withFile<Result>(
    kind: keyof typeof SHARE,
    write: WriteFile,
    use: (file: string) => Promise<Result>,
  ): Promise<Result | null> {
    const { cases, log, megabytes } = this.#options;
    if (cases.length > 0 && !cases.some((text) => kind.includes(text))) return null;
    log(`loader: ${kind}`);
    await write(this.#file, megabytes * 1e6 * SHARE[kind]);
    const result = await use(this.#file);
    await rm(this.#file);
    return result;
  }
}
