import type { Failure, Outcome } from './child.ts';

/** Something to measure in a process of its own, as often as there are rounds. */
export interface Point<Answer> {
  readonly peer: string;
  readonly setting: string;
  measure(): Promise<Outcome<Answer>>;
}

/** What came of a point. `failure` is its first one; answers of other rounds are kept beside it. */
export interface Series<Answer> {
  readonly peer: string;
  readonly setting: string;
  readonly answers: readonly Answer[];
  readonly failure: Failure | null;
  readonly wallMs: readonly number[];
}

export interface InterleaveOptions<Answer> {
  readonly rounds: number;
  /** The time that settings of one peer are compared by after the first round; null compares none. */
  readonly cost: ((answer: Answer) => number) | null;
  /** Points whose process takes longer are measured once. */
  readonly slowMs: number;
}

/** After the first round, settings of a peer this much slower than its best one are not measured again. */
const CLEARLY_SLOWER = 1.8;

/**
 * Round by round, every point in turn: a machine that slows down or speeds up in the meantime does so for all alike. The
 * first round scouts: only points that failed, that take very long, or that another setting of the same peer clearly
 * beats, are left out of the others.
 */
export async function interleave<Answer>(
  points: readonly Point<Answer>[],
  { rounds, cost, slowMs }: InterleaveOptions<Answer>,
): Promise<Series<Answer>[]> {
  const series = points.map(({ peer, setting }) => ({
    peer,
    setting,
    answers: [] as Answer[],
    failure: null as Failure | null,
    wallMs: [] as number[],
  }));
  let left = points.map((_, index) => index);
  for (let round = 0; round < rounds; round++) {
    for (const index of left) {
      const outcome = await points[index].measure();
      series[index].wallMs.push(outcome.wallMs);
      if (outcome.failure === null) series[index].answers.push(outcome.value);
      else series[index].failure ??= outcome.failure;
    }
    left = left.filter((index) => series[index].failure === null && series[index].wallMs[0] < slowMs);
    if (round === 0 && cost !== null) left = withoutSlower(left, series, cost);
  }
  return series;
}

function withoutSlower<Answer>(
  left: readonly number[],
  series: readonly Series<Answer>[],
  cost: (answer: Answer) => number,
): number[] {
  const best = new Map<string, number>();
  for (const index of left) {
    const { peer, answers } = series[index];
    best.set(peer, Math.min(best.get(peer) ?? Infinity, cost(answers[0])));
  }
  return left.filter((index) => cost(series[index].answers[0]) <= CLEARLY_SLOWER * best.get(series[index].peer)!);
}
