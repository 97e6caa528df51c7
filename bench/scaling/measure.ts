import { step } from '../peers/lockstep.ts';
import type { StepRequest } from '../peers/protocol.ts';
import { measurePeakTogether } from './peak.ts';

export interface ScalingAnswer {
  readonly microseconds: readonly number[];
  /** GFLOP/s of bare loops on as many threads as train, before and after; the better of the two. */
  readonly peak: number;
}

const request = JSON.parse(process.argv.at(-1)!) as StepRequest;
const threads = Number(request.setting.workers);
const before = await measurePeakTogether(threads);
const { microseconds } = await step(request);
const after = await measurePeakTogether(threads);
console.log(JSON.stringify({ microseconds, peak: Math.max(before, after) } satisfies ScalingAnswer));
process.exit(0);
