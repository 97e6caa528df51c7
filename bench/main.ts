import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { availableCores, describeKernels, loadKernels } from '@lockstep/core';
import type { GemmReport } from './gemm.ts';
import { type Spread, spread, table } from './statistics.ts';
import { CASES, type StepResult } from './steps.ts';

/**
 * `pnpm bench`: products and training steps, each in a process of its own, the worker counts in turn.
 *   --prototype FILE   an AssemblyScript file with an `sgemm` to compare the products with
 *   --repetitions N    default 7
 *   --json FILE        the figures as JSON
 */
const { values } = parseArgs({
  options: {
    prototype: { type: 'string' },
    repetitions: { type: 'string', default: '7' },
    json: { type: 'string' },
  },
});
const repetitions = Number(values.repetitions);
const prototype = values.prototype === undefined ? null : resolve(values.prototype);

const run = promisify(execFile);

/** Runs one measurement in a fresh process and returns what it prints. */
async function measure<Result>(file: string, request: unknown): Promise<Result> {
  const script = new URL(file, import.meta.url).pathname;
  const { stdout } = await run(process.execPath, ['--conditions=lockstep-source', script, JSON.stringify(request)]);
  return JSON.parse(stdout) as Result;
}

interface StepFigures {
  readonly name: string;
  readonly workers: number;
  readonly microseconds: Spread;
  readonly gflops: number;
  readonly toPeak: number;
  readonly hash: string;
}

/** Worker counts 1, 2, 4 … and all cores; at least 1 and 2, so that overhead shows everywhere. */
function workerCounts(): number[] {
  const cores = Math.max(2, availableCores());
  const counts = new Set([cores]);
  for (let workers = 1; workers < cores; workers *= 2) counts.add(workers);
  return [...counts].toSorted((a, b) => a - b);
}

async function benchSteps(name: keyof typeof CASES): Promise<StepFigures[]> {
  const counts = workerCounts();
  const results = new Map<number, StepResult[]>(counts.map((workers) => [workers, []]));
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const workers of counts) results.get(workers)?.push(await measure('steps.ts', [name, workers]));
  }
  return [...results].map(([workers, list]) => {
    const microseconds = spread(list.flatMap((result) => result.microseconds));
    const gflops = list[0].operations / microseconds.min / 1e3;
    const peak = Math.max(...list.map((result) => result.peak));
    const hash = [...new Set(list.map((result) => result.weightsHash.slice(0, 12)))].join(' ');
    return { name: CASES[name].name, workers, microseconds, gflops, toPeak: gflops / peak / workers, hash };
  });
}

function printGemm({ peak, results }: GemmReport): void {
  console.log(
    `\nProducts, one thread. Peak of a fused multiply-add loop in the same process: ${peak.toFixed(0)} GFLOP/s.`,
  );
  console.log(
    'whole: B packed each time; packed: B packed beforehand, as weights are in a step. best (median) of GFLOP/s\n',
  );
  const rate = ({ min, median }: Spread): string => `${min.toFixed(1)} (${median.toFixed(1)})`;
  console.log(
    table(
      ['shape m n k', 'whole', 'packed', 'packed ÷ peak', 'prototype', 'whole ÷ prototype'],
      results.map((result) => [
        `${result.name} ${result.m} ${result.n} ${result.k}`,
        rate(result.whole),
        rate(result.packed),
        result.toPeak.toFixed(2),
        result.prototype === null ? '-' : rate(result.prototype),
        result.toPrototype === null ? '-' : result.toPrototype.toFixed(2),
      ]),
    ),
  );
}

function printSteps(figures: readonly StepFigures[]): void {
  console.log(
    `\n${figures[0].name}: training steps, loading included. min (median) of the epochs of ${repetitions} processes\n`,
  );
  console.log(
    table(
      ['workers', 'µs a step', 'GFLOP/s', '÷ peak of all', 'speed-up min', 'median', 'weights'],
      figures.map((row) => [
        String(row.workers),
        `${row.microseconds.min.toFixed(1)} (${row.microseconds.median.toFixed(1)})`,
        row.gflops.toFixed(1),
        row.toPeak.toFixed(2),
        (figures[0].microseconds.min / row.microseconds.min).toFixed(2),
        (figures[0].microseconds.median / row.microseconds.median).toFixed(2),
        row.hash,
      ]),
    ),
  );
}

const machine = `${cpus()[0]?.model.trim()}, ${availableCores()} cores, Node ${process.versions.node}`;
console.log(`${machine}\n${describeKernels(loadKernels())}`);
const gemm = await measure<GemmReport>('gemm.ts', [repetitions * 3, prototype]);
printGemm(gemm);
const large = await benchSteps('large');
printSteps(large);
const tiny = await benchSteps('tiny');
printSteps(tiny);
// A step of the tiny model on two threads, less half of what one thread needs for its arithmetic, is what barriers,
// claims, waking and waiting cost.
const overhead = tiny[1].microseconds.median - tiny[0].microseconds.median / 2;
console.log(
  `\nBarrier, reduction and control with 2 workers: ${overhead.toFixed(1)} µs a step (median, 1,008 parameters).`,
);
if (values.json !== undefined) {
  writeFileSync(
    values.json,
    `${JSON.stringify({ machine, date: new Date().toISOString(), gemm, large, tiny }, null, 2)}\n`,
  );
}
