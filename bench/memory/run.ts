import { fileURLToPath } from 'node:url';
import { type Failure, measureInChild } from '../harness/child.ts';
import type { BenchOptions } from '../harness/options.ts';
import { readNumbers, readObject } from '../harness/read.ts';
import type { StepRequest } from '../peers/protocol.ts';
import { STEP_CASES } from '../step/cases.ts';
import { benchSteps, type StepCaseResult } from '../step/run.ts';
import type { AllocationAnswer } from './allocation.ts';

export interface MemoryRow {
  readonly label: string;
  readonly setting: string;
  /** Largest resident set of the process with the least of them, in bytes; null when there was none. */
  readonly peakRss: number | null;
  readonly failure: Failure | null;
}

export interface MemoryCase {
  readonly name: string;
  /** Of the random features that every process holds beside the model. */
  readonly dataBytes: number;
  readonly rows: readonly MemoryRow[];
}

export interface AllocationRow {
  readonly name: string;
  readonly workers: number;
  readonly answer: AllocationAnswer | null;
  readonly failure: Failure | null;
}

export interface MemoryResult {
  readonly cases: readonly MemoryCase[];
  readonly allocations: readonly AllocationRow[];
}

/** Peak memory of the processes that have timed steps, or of short ones when there were none; and what steps allocate. */
export async function benchMemory(
  options: BenchOptions,
  steps: readonly StepCaseResult[] | null,
): Promise<MemoryResult> {
  options.log('memory');
  const measured = steps ?? (await benchSteps({ ...options, rounds: 1, budgetMs: 300 }));
  return { cases: measured.map(peaksOf), allocations: await allocations(options) };
}

function peaksOf({ name, peers }: StepCaseResult): MemoryCase {
  const stepCase = STEP_CASES.find((one) => one.name === name)!;
  const rows = peers.map(({ label, settings }): MemoryRow => {
    const sorted = settings
      .filter(({ microseconds }) => microseconds !== null)
      .toSorted((a, b) => a.peakRss - b.peakRss);
    if (sorted.length === 0) return { label, setting: '', peakRss: null, failure: settings[0]?.failure ?? null };
    return { label, setting: sorted[0].setting, peakRss: sorted[0].peakRss, failure: null };
  });
  return { name, dataBytes: stepCase.sizes[0] * stepCase.batchSize * stepCase.batches * 4, rows };
}

async function allocations({ limitMs }: BenchOptions): Promise<AllocationRow[]> {
  const script = fileURLToPath(new URL('allocation.ts', import.meta.url));
  const rows: AllocationRow[] = [];
  for (const { name, ...network } of STEP_CASES.slice(0, 2)) {
    for (const workers of [1, 2]) {
      const request = { task: 'step', ...network, budgetMs: 0, seed: 7, setting: { workers } } satisfies StepRequest;
      const args = ['--conditions=lockstep-source', script, JSON.stringify(request)];
      const outcome = await measureInChild({ file: process.execPath, args }, limitMs, checkAllocationAnswer);
      rows.push({ name, workers, answer: outcome.value, failure: outcome.failure });
    }
  }
  return rows;
}

function checkAllocationAnswer(value: unknown): AllocationAnswer {
  const answer = readObject(value, 'answer');
  return { bytesPerStep: readNumbers(answer.bytesPerStep, 'bytesPerStep') };
}
