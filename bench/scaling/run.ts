import { fileURLToPath } from 'node:url';
import { availableCores } from '@lockstep/core';
import { type Failure, measureInChild } from '../harness/child.ts';
import { interleave, type Point } from '../harness/interleave.ts';
import type { BenchOptions } from '../harness/options.ts';
import { readNumber, readNumbers, readObject } from '../harness/read.ts';
import { type Spread, spread } from '../harness/statistics.ts';
import type { StepRequest } from '../peers/protocol.ts';
import { STEP_CASES, type StepCase, stepOperations } from '../step/cases.ts';
import type { ScalingAnswer } from './measure.ts';

export interface ScalingRow {
  readonly workers: number;
  readonly batchSize: number;
  readonly microseconds: Spread | null;
  /** Strong: how many times as fast as with one worker. Weak: so many times as many rows in a second. */
  readonly speedUp: Spread | null;
  readonly gflops: number;
  /** Of bare loops on so many threads at once, and the share of it that the steps reach at their best. */
  readonly peak: number;
  readonly toPeak: number;
  readonly failure: Failure | null;
}

export interface ScalingResult {
  readonly name: string;
  readonly kind: 'strong' | 'weak';
  readonly rows: readonly ScalingRow[];
}

/** Rows a worker in weak scaling. */
const WEAK_ROWS = 128;
const SEED = 7;
const NOTHING: Pick<ScalingRow, 'microseconds' | 'speedUp' | 'gflops' | 'peak' | 'toPeak'> = {
  microseconds: null,
  speedUp: null,
  gflops: 0,
  peak: 0,
  toPeak: 0,
};

/** 1, 2, 4 … and all cores; at least 1 and 2, so that what threads cost shows everywhere. */
export function workerCounts(cores: number): number[] {
  const all = Math.max(2, cores);
  const counts = new Set<number>();
  for (let workers = 1; workers < all; workers *= 2) counts.add(workers);
  return [...counts.add(all)];
}

/** Training steps with 1 to all workers: of a batch that stays (strong), and of one that grows with them (weak). */
export async function benchScaling(options: BenchOptions): Promise<ScalingResult[]> {
  options.log('scaling');
  const [large, larger] = [STEP_CASES[3], STEP_CASES[4]];
  const cases: { kind: ScalingResult['kind']; stepCase: StepCase }[] = [
    { kind: 'strong', stepCase: large },
    { kind: 'strong', stepCase: larger },
    { kind: 'weak', stepCase: large },
  ];
  const results: ScalingResult[] = [];
  for (const { kind, stepCase } of options.quick ? cases.slice(0, 1) : cases) {
    results.push(await benchCase(kind, stepCase, options));
  }
  return results;
}

async function benchCase(
  kind: ScalingResult['kind'],
  stepCase: StepCase,
  { rounds, budgetMs, limitMs }: BenchOptions,
): Promise<ScalingResult> {
  const counts = workerCounts(availableCores());
  const networks = counts.map((workers) => {
    const { name: _, ...network } = stepCase;
    return kind === 'strong' ? network : { ...network, batchSize: WEAK_ROWS * workers };
  });
  const script = fileURLToPath(new URL('measure.ts', import.meta.url));
  const points = counts.map((workers, index): Point<ScalingAnswer> => {
    const request = {
      task: 'step',
      ...networks[index],
      budgetMs,
      seed: SEED,
      setting: { workers },
    } satisfies StepRequest;
    const args = ['--conditions=lockstep-source', script, JSON.stringify(request)];
    return {
      peer: 'lockstep',
      setting: String(workers),
      measure: () => measureInChild({ file: process.execPath, args }, limitMs, checkScalingAnswer),
    };
  });
  const series = await interleave(points, { rounds, cost: null, slowMs: Infinity });
  const times = series.map(({ answers }) =>
    answers.length === 0 ? null : spread(answers.flatMap(({ microseconds }) => microseconds)),
  );
  const rows = series.map(({ answers, failure }, index): ScalingRow => {
    const row = { workers: counts[index], batchSize: networks[index].batchSize, failure };
    const [time, first] = [times[index], times[0]];
    if (time === null) return { ...row, ...NOTHING };
    const grown = networks[index].batchSize / networks[0].batchSize;
    const gflops = stepOperations(networks[index]) / time.min / 1e3;
    const peak = Math.max(...answers.map((answer) => answer.peak));
    const speedUp = first && { min: (grown * first.min) / time.min, median: (grown * first.median) / time.median };
    return { ...row, microseconds: time, speedUp, gflops, peak, toPeak: gflops / peak };
  });
  const batch = kind === 'strong' ? `batch ${stepCase.batchSize}` : `batch ${WEAK_ROWS} a worker`;
  return { kind, name: `${stepCase.sizes.join('-')}, ${batch}, Adam`, rows };
}

function checkScalingAnswer(value: unknown): ScalingAnswer {
  const answer = readObject(value, 'answer');
  const microseconds = readNumbers(answer.microseconds, 'microseconds');
  return { microseconds, peak: readNumber(answer.peak, 'peak') };
}
