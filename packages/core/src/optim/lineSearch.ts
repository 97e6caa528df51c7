/**
 * A line search for the strong Wolfe conditions (Nocedal & Wright 2006, algorithms 3.5 and 3.6), which asks for one evaluation
 * after the other and keeps all that it knows in a list of numbers, so that it can be interrupted between any two of them.
 * With φ(α) the loss at a point plus α times a direction: φ(α) ≤ φ(0) + c₁ α φ'(0) and |φ'(α)| ≤ c₂ |φ'(0)|.
 *
 * Losses are sums of float32 numbers. Where two of them differ by less than their rounding, the slopes decide alone, as in the
 * approximate conditions of Hager & Zhang (2005, equation 27).
 */

/** Positions of its numbers. `low`, `high`: the bracket; while there is none, `low` is the step before. */
export const SEARCH = {
  phase: 0,
  step: 1,
  /** At the beginning of the line. */
  loss: 2,
  slope: 3,
  lowStep: 4,
  lowLoss: 5,
  lowSlope: 6,
  highStep: 7,
  highLoss: 8,
  highSlope: 9,
  /** Evaluations so far. */
  tries: 10,
  count: 11,
} as const;

const PHASE = { bracket: 1, zoom: 2, settle: 3 } as const;

/** c₁ and c₂, as the book has them for quasi-Newton methods. */
const DECREASE = 1e-4;
const CURVATURE = 0.9;

/** What a loss may be off by, times its size: two roundings of float32. */
export const LOSS_ROUNDING: number = 2 ** -23;

/** Stands for a loss that is not finite: numbers of checkpoints are. */
const LOST = Number.MAX_VALUE;

/** Begins a search with a first `step`. `slope`: of the loss along the direction, below 0. */
export function beginLineSearch(search: Float64Array, loss: number, slope: number, step: number): void {
  search.fill(0, 0, SEARCH.count);
  search[SEARCH.phase] = PHASE.bracket;
  search[SEARCH.step] = step;
  search[SEARCH.loss] = loss;
  search[SEARCH.slope] = slope;
  setPoint(search, SEARCH.lowStep, 0, loss, slope);
}

/**
 * Takes the loss and its slope at `step`, finite or not. 'evaluate': they are wanted at the new `step`; 'accepted': the step is
 * good, or the best that `most` evaluations have found; 'failed': none of them lowers the loss.
 */
export function continueLineSearch(
  search: Float64Array,
  loss: number,
  slope: number,
  most: number,
): 'evaluate' | 'accepted' | 'failed' {
  const { phase, step, lowStep, highStep } = SEARCH;
  if (search[phase] === PHASE.settle) return 'accepted';
  search[SEARCH.tries]++;
  const at = search[step];
  const rounding = LOSS_ROUNDING * Math.abs(search[SEARCH.loss]);
  const isFinite = Number.isFinite(loss) && Number.isFinite(slope);
  const decreases = isFinite && loss <= search[SEARCH.loss] + DECREASE * at * search[SEARCH.slope] + rounding;
  // Against the beginning there is the first condition.
  const isLower = decreases && (search[lowStep] === 0 || loss < search[SEARCH.lowLoss] + rounding);
  if (isLower && Math.abs(slope) <= -CURVATURE * search[SEARCH.slope]) return 'accepted';
  if (!isLower) {
    setPoint(search, highStep, at, isFinite ? loss : LOST, isFinite ? slope : 0);
    search[phase] = PHASE.zoom;
  } else if (search[phase] === PHASE.bracket && slope < 0) {
    const longer = extrapolated(search, at, loss, slope);
    setPoint(search, lowStep, at, loss, slope);
    search[step] = longer;
    return search[SEARCH.tries] < most ? 'evaluate' : settle(search, at);
  } else {
    // Where the slope leads away from the other end, the minimum lies between here and the lower end.
    if (search[phase] === PHASE.bracket || slope * (search[highStep] - search[lowStep]) >= 0) {
      search.copyWithin(highStep, lowStep, lowStep + 3);
    }
    setPoint(search, lowStep, at, loss, slope);
    search[phase] = PHASE.zoom;
  }
  const width = Math.abs(search[highStep] - search[lowStep]);
  const isNarrow = width <= LOSS_ROUNDING * Math.max(search[highStep], search[lowStep]);
  if (search[SEARCH.tries] >= most || isNarrow) return settle(search, at);
  search[step] = interpolated(search);
  return 'evaluate';
}

/** Takes the lower end of the bracket, whose gradient has to be computed once more unless it was the last. */
function settle(search: Float64Array, last: number): 'evaluate' | 'accepted' | 'failed' {
  if (search[SEARCH.lowStep] === 0) return 'failed';
  if (search[SEARCH.lowStep] === last) return 'accepted';
  search[SEARCH.phase] = PHASE.settle;
  search[SEARCH.step] = search[SEARCH.lowStep];
  return 'evaluate';
}

function setPoint(search: Float64Array, at: number, step: number, loss: number, slope: number): void {
  search[at] = step;
  search[at + 1] = loss;
  search[at + 2] = slope;
}

/** A step beyond `step`, twice to ten times as long: where a cubic through the last two points has its minimum. */
function extrapolated(search: Float64Array, step: number, loss: number, slope: number): number {
  const minimum = cubicMinimum(
    ...[search[SEARCH.lowStep], search[SEARCH.lowLoss], search[SEARCH.lowSlope], step, loss, slope],
  );
  return minimum >= 2 * step ? Math.min(minimum, 10 * step) : (minimum > step ? 2 : 10) * step;
}

/** A step within the bracket, a tenth of it away from both ends: where a cubic through these has its minimum. */
function interpolated(search: Float64Array): number {
  const [low, high] = [search[SEARCH.lowStep], search[SEARCH.highStep]];
  const width = high - low;
  if (search[SEARCH.highLoss] === LOST) return low + width / 10;
  const minimum = cubicMinimum(
    ...[low, search[SEARCH.lowLoss], search[SEARCH.lowSlope], high, search[SEARCH.highLoss], search[SEARCH.highSlope]],
  );
  const share = (minimum - low) / width;
  return low + (Number.isFinite(share) ? Math.min(Math.max(share, 0.1), 0.9) : 0.5) * width;
}

/** Equation 3.59 of the book; NaN where the cubic has no minimum. */
function cubicMinimum(
  ...[a, lossA, slopeA, b, lossB, slopeB]: [number, number, number, number, number, number]
): number {
  const first = slopeA + slopeB - (3 * (lossA - lossB)) / (a - b);
  const second = Math.sign(b - a) * Math.sqrt(first * first - slopeA * slopeB);
  return b - ((b - a) * (slopeB + second - first)) / (slopeB - slopeA + 2 * second);
}
