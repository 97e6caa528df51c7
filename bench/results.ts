import type { AccuracyResult } from './accuracy/run.ts';
import type { GemmResult } from './gemm/run.ts';
import type { Machine } from './harness/machine.ts';
import type { LoaderResult } from './loader/run.ts';
import type { MemoryResult } from './memory/run.ts';
import type { ScalingResult } from './scaling/run.ts';
import type { StartupResult } from './startup/run.ts';
import type { StepCaseResult } from './step/run.ts';

/** Everything that one run has measured: what `--json` writes and `bench:report` reads. Parts that were not run are null. */
export interface BenchResults {
  /** Of this format; the report refuses another one. */
  readonly format: typeof RESULTS_FORMAT;
  /** When the run began, ISO 8601. */
  readonly date: string;
  /** As it was typed. */
  readonly command: string;
  readonly seconds: number;
  readonly rounds: number;
  readonly machine: Machine;
  readonly gemm: GemmResult | null;
  readonly step: readonly StepCaseResult[] | null;
  readonly accuracy: AccuracyResult | null;
  readonly startup: StartupResult | null;
  readonly memory: MemoryResult | null;
  readonly scaling: readonly ScalingResult[] | null;
  readonly loader: LoaderResult | null;
}

export const RESULTS_FORMAT = 1;
