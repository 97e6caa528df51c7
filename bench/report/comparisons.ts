import { bestByLabel } from '../accuracy/run.ts';
import { duration } from '../harness/table.ts';
import type { BenchResults } from '../results.ts';

/** One thing that all peers do, and how they compare: what a panel of the picture shows. */
export interface Comparison {
  readonly title: string;
  /** Lockstep's own time, in words; null when it failed. */
  readonly ours: string | null;
  readonly peers: readonly ComparedPeer[];
}

export interface ComparedPeer {
  readonly label: string;
  /** Time ÷ Lockstep's time: of minima and of medians; null when there is none. */
  readonly ratio: { readonly min: number; readonly median: number } | null;
  /** Its time, or why there is none. */
  readonly note: string;
}

/** Every training step, then the time to accuracy. */
export function comparisonsOf(results: BenchResults): Comparison[] {
  return [...stepComparisons(results), ...accuracyComparison(results)];
}

export function stepComparisons({ step }: BenchResults): Comparison[] {
  return (step ?? []).map(({ name, peers }) => {
    const [ours, ...others] = peers;
    return {
      title: name,
      ours: ours.min === null ? null : duration(ours.min),
      peers: others.map(({ label, ratio, min, settings }) => ({
        label,
        ratio,
        note: min === null ? (settings[0]?.failure?.kind ?? 'failed') : duration(min),
      })),
    };
  });
}

function accuracyComparison({ accuracy }: BenchResults): Comparison[] {
  if (accuracy === null || accuracy.settings.length === 0) return [];
  const [ours, ...others] = bestByLabel(accuracy.settings);
  const own = ours.seconds;
  return [
    {
      title: `Training to 95 %, ${accuracy.name}`,
      ours: own === null ? null : duration(own.min * 1e6),
      peers: others.map(({ label, seconds, failure }) => {
        const ratio =
          own === null || seconds === null ? null : { min: seconds.min / own.min, median: seconds.median / own.median };
        return {
          label,
          ratio,
          note: seconds === null ? (failure?.kind ?? `not in ${accuracy.limitSeconds} s`) : duration(seconds.min * 1e6),
        };
      }),
    },
  ];
}
