import { fileURLToPath } from 'node:url';
import { type Failure, measureInChild } from '../harness/child.ts';
import { interleave } from '../harness/interleave.ts';
import type { BenchOptions } from '../harness/options.ts';
import { readNumber, readNumbers, readObject, readString } from '../harness/read.ts';
import { geometricMean, type Spread, spread } from '../harness/statistics.ts';
import { type GemmAnswer, rateSpread, type ShapeRates } from './measure.ts';

/** Lockstep's rate ÷ OpenBLAS's: of the best of each, and the median of neighbouring repetitions' ratios. */
interface Comparison {
  readonly best: number;
  readonly paired: number;
}

export interface ShapeResult {
  readonly name: string;
  readonly packedInStep: boolean;
  /** GFLOP/s. */
  readonly packed: Spread;
  readonly whole: Spread;
  readonly blas: Spread | null;
  readonly packedToBlas: Comparison | null;
  readonly wholeToBlas: Comparison | null;
  readonly prototype: Spread | null;
  readonly wholeToPrototype: Comparison | null;
  /** The best rate ÷ the rate of a bare loop of fused multiply-adds. */
  readonly packedToPeak: number;
}

export interface GemmResult {
  readonly peak: number;
  readonly kernels: string;
  readonly openblas: GemmAnswer['openblas'];
  readonly failure: Failure | null;
  readonly shapes: readonly ShapeResult[];
  /** Geometric means of the shapes' ratios to OpenBLAS. `inStep`: packed where a step finds B packed, whole elsewhere. */
  readonly means: Readonly<Record<'packed' | 'whole' | 'inStep', Comparison>> | null;
}

export async function benchGemm({ rounds, quick, limitMs, prototype, log }: BenchOptions): Promise<GemmResult> {
  log('gemm');
  const script = fileURLToPath(new URL('measure.ts', import.meta.url));
  const request = JSON.stringify({ budgetMs: quick ? 150 : 700, prototype });
  const command = {
    file: process.execPath,
    args: ['--conditions=lockstep-source', script, request],
    env: { OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' },
  };
  const point = { peer: 'gemm', setting: '', measure: () => measureInChild(command, limitMs, checkGemmAnswer) };
  const [{ answers, failure }] = await interleave([point], { rounds, cost: null, slowMs: Infinity });
  if (answers.length === 0) return { peak: 0, kernels: '', openblas: null, failure, shapes: [], means: null };
  return summariseGemm(answers, failure);
}

export function summariseGemm(answers: readonly GemmAnswer[], failure: Failure | null): GemmResult {
  const [{ kernels, openblas, absent }] = answers;
  const peak = Math.max(...answers.map((answer) => answer.peak));
  const shapes = answers[0].shapes.map((_, index) =>
    summariseShape(
      answers.map((answer) => answer.shapes[index]),
      peak,
    ),
  );
  const blasFailure: Failure | null = absent === null ? null : { kind: 'absent', reason: absent };
  return { peak, kernels, openblas, failure: failure ?? blasFailure, shapes, means: meansOf(shapes) };
}

function summariseShape(rounds: readonly ShapeRates[], peak: number): ShapeResult {
  const all = (key: 'packed' | 'whole'): number[] => rounds.flatMap((round) => round[key]);
  const optional = (key: 'blas' | 'prototype'): number[] | null => {
    const list = rounds.flatMap((round) => round[key] ?? []);
    return list.length === 0 ? null : list;
  };
  const [packed, whole, blas, prototype] = [all('packed'), all('whole'), optional('blas'), optional('prototype')];
  return {
    name: rounds[0].name,
    packedInStep: rounds[0].packedInStep,
    packed: rateSpread(packed),
    whole: rateSpread(whole),
    blas: blas && rateSpread(blas),
    packedToBlas: blas && compare(packed, blas),
    wholeToBlas: blas && compare(whole, blas),
    prototype: prototype && rateSpread(prototype),
    wholeToPrototype: prototype && compare(whole, prototype),
    packedToPeak: Math.max(...packed) / peak,
  };
}

function compare(ours: readonly number[], theirs: readonly number[]): Comparison {
  const paired = spread(ours.map((rate, index) => rate / theirs[index])).median;
  return { best: Math.max(...ours) / Math.max(...theirs), paired };
}

function meansOf(shapes: readonly ShapeResult[]): GemmResult['means'] {
  const compared = shapes.flatMap(({ packedInStep, packedToBlas, wholeToBlas }) =>
    packedToBlas === null || wholeToBlas === null
      ? []
      : [{ packed: packedToBlas, whole: wholeToBlas, inStep: packedInStep ? packedToBlas : wholeToBlas }],
  );
  if (compared.length === 0) return null;
  const mean = (key: 'packed' | 'whole' | 'inStep'): Comparison => ({
    best: geometricMean(compared.map((ratios) => ratios[key].best)),
    paired: geometricMean(compared.map((ratios) => ratios[key].paired)),
  });
  return { packed: mean('packed'), whole: mean('whole'), inStep: mean('inStep') };
}

function checkGemmAnswer(value: unknown): GemmAnswer {
  const answer = readObject(value, 'answer');
  readNumber(answer.peak, 'peak');
  readString(answer.kernels, 'kernels');
  if (!Array.isArray(answer.shapes) || answer.shapes.length === 0) throw new Error('shapes: expected a list');
  answer.shapes.forEach((item: unknown, index) => {
    const shape = readObject(item, `shapes[${index}]`);
    for (const key of ['packed', 'whole']) readNumbers(shape[key], `shapes[${index}].${key}`);
  });
  return value as GemmAnswer;
}
