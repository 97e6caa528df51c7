import { ratioInStep } from '../gemm/cells.ts';
import { bestByLabel, TARGET } from '../accuracy/run.ts';
import { duration, times } from '../harness/table.ts';
import type { BenchResults } from '../results.ts';
import type { ScalingRow } from '../scaling/run.ts';

/** A figure beside the steps: what it is, at its best, and the median where there is one. */
export interface SummaryRow {
  readonly what: string;
  readonly best: string;
  readonly median: string;
}

/** What the README shows below the ratios; parts that were not run give nothing. */
export function summaryOf(results: BenchResults): SummaryRow[] {
  return [...gemm(results), ...scaling(results), ...accuracy(results), ...startup(results), ...allocation(results)];
}

function gemm({ gemm: result }: BenchResults): SummaryRow[] {
  if (result === null || result.shapes.length === 0) return [];
  const peaks = result.shapes.map(({ packedToPeak }) => packedToPeak);
  const peakRow = {
    what: 'products on one thread ÷ a bare loop of fused multiply-adds, least and most of the shapes',
    best: `${Math.min(...peaks).toFixed(2)}–${Math.max(...peaks).toFixed(2)}`,
    median: '',
  };
  if (result.means === null) {
    const reason = result.failure?.kind ?? 'absent';
    return [{ what: 'products against OpenBLAS', best: reason, median: '' }, peakRow];
  }
  const steps = result.shapes.map((shape) => ({
    name: shape.name,
    ratio: ratioInStep(shape)!,
  }));
  const least = steps.reduce((low, one) => (one.ratio.best < low.ratio.best ? one : low));
  const { inStep } = result.means;
  return [
    {
      what: `products against OpenBLAS (${result.openblas?.core}), one thread, as in a step: geometric mean of ${steps.length} shapes`,
      best: times(inStep.best),
      median: times(inStep.paired),
    },
    {
      what: `the least of them: ${least.name}`,
      best: times(least.ratio.best),
      median: times(least.ratio.paired),
    },
    peakRow,
  ];
}

function scaling({ scaling: results }: BenchResults): SummaryRow[] {
  return (results ?? []).flatMap(({ kind, name, rows }) => {
    const measured = rows.filter((row) => row.microseconds !== null && row.speedUp !== null);
    const most = measured.at(-1);
    if (most === undefined || most.workers === 1) return [];
    const title = kind === 'strong' ? name : `${name}: rows a second`;
    const speedUp = {
      what: `${most.workers} workers against 1, ${title}`,
      best: times(most.speedUp!.min),
      median: times(most.speedUp!.median),
    };
    return kind === 'strong' ? [speedUp, achieved(most)] : [speedUp];
  });
}

function achieved({ microseconds, toPeak, workers }: ScalingRow): SummaryRow {
  const median =
    microseconds === null ? '' : `${((toPeak * 100 * microseconds.min) / microseconds.median).toFixed(0)} %`;
  return {
    what: `the same with ${workers} workers: operations a second ÷ bare loops on all of them`,
    best: `${(toPeak * 100).toFixed(0)} %`,
    median,
  };
}

function accuracy({ accuracy: result }: BenchResults): SummaryRow[] {
  const ours = result === null ? undefined : bestByLabel(result.settings).find(({ label }) => label === 'Lockstep');
  if (result === null || ours === undefined) return [];
  const seconds = (value: number | undefined): string => (value === undefined ? 'not reached' : duration(value * 1e6));
  return [
    {
      what: `training until ${TARGET * 100} % of ${result.testRows.toLocaleString('en-US')} test images are right, ${result.name}`,
      best: seconds(ours.seconds?.min),
      median: seconds(ours.seconds?.median),
    },
  ];
}

function startup({ startup: result }: BenchResults): SummaryRow[] {
  const rows = (result?.firstStep ?? []).filter(({ milliseconds }) => milliseconds !== null);
  // The built command is what users start; a quick run has only the sources.
  return rows.slice(0, 1).map(({ name, milliseconds }) => ({
    what: `from the start of the process to the end of the first training step, digits: ${name}`,
    best: duration(milliseconds!.min * 1e3),
    median: duration(milliseconds!.median * 1e3),
  }));
}

function allocation({ memory }: BenchResults): SummaryRow[] {
  const rows = (memory?.allocations ?? []).filter(({ workers }) => workers > 1);
  if (rows.length === 0) return [];
  const measured = rows.flatMap(({ answer }) => answer?.bytesPerStep.slice(1) ?? []);
  const most = measured.length === 0 ? (rows[0].failure?.kind ?? 'failed') : `${round(Math.max(...measured))} bytes`;
  return [
    {
      what: 'allocated in a step by the thread of the workers and the loader that allocates most',
      best: most,
      median: '',
    },
  ];
}

function round(bytes: number): string {
  return bytes < 0.005 ? '0' : bytes.toFixed(2);
}
