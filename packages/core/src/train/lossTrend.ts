import { formatShort } from '../formatNumbers.ts';

/** What the training losses of the epochs so far show; null: nothing that a learning rate would be to blame for. */
export type LossTrend = 'diverging' | 'oscillating' | null;

/** Epochs in a row that must be far above the best, or larger than the one before. */
const EPOCHS_ABOVE = 3;
const EPOCHS_GROWING = 5;
/** Losses that are looked at for oscillation, and changes of direction among them. */
const WINDOW = 10;
const REVERSALS = 6;

/** As parts of the scale: how far is far above, how much growth counts, and how large a move is no noise. */
const FAR = 0.5;
const GROWTH = 0.1;
const MOVE = 0.1;
/** An oscillation whose later moves are smaller than so much of its earlier ones comes to rest by itself. */
const STEADY = 0.8;

/**
 * Looks at the mean training losses of all epochs so far. Sizes are measured by how far the loss has come down, or by the best loss
 * itself where that is more: so neither the noise of mini-batches at the end of a training, where losses are small, nor that of
 * a model which has hardly learned counts as a trend.
 */
export function lossTrend(losses: readonly number[]): LossTrend {
  if (losses.length <= EPOCHS_ABOVE || !losses.every(Number.isFinite)) return null;
  const best = Math.min(...losses);
  const scale = Math.max(losses[0] - best, Math.abs(best));
  const last = losses.slice(-EPOCHS_ABOVE);
  if (scale > 0 && last.every((loss) => loss > best + FAR * scale) && !isComingDown(last)) return 'diverging';
  const growing = losses.slice(-EPOCHS_GROWING - 1);
  const grows = growing.length > EPOCHS_GROWING && growing.every((loss, i) => i === 0 || loss > growing[i - 1]);
  if (grows && losses[losses.length - 1] > best + GROWTH * scale) return 'diverging';
  return oscillates(losses.slice(-WINDOW), MOVE * scale) ? 'oscillating' : null;
}

/** A run that was thrown back recovers by itself. */
function isComingDown(losses: readonly number[]): boolean {
  return losses.every((loss, i) => i === 0 || loss < losses[i - 1]);
}

/** Whether losses turn again and again by at least `least`, and no less so in the later half. */
function oscillates(losses: readonly number[], least: number): boolean {
  if (losses.length < WINDOW) return false;
  const moves = losses.slice(1).map((loss, i) => loss - losses[i]);
  const turns = moves.slice(1).filter((move, i) => {
    return move * moves[i] < 0 && Math.min(Math.abs(move), Math.abs(moves[i])) >= least;
  });
  if (turns.length < REVERSALS) return false;
  const size = (part: readonly number[]): number => part.reduce((sum, move) => sum + Math.abs(move), 0) / part.length;
  const half = Math.floor(moves.length / 2);
  return size(moves.slice(-half)) >= STEADY * size(moves.slice(0, half));
}

/** What a user should know and try. `losses`: that show the trend; `learningRate`: of the next update. */
export function describeTrend(
  trend: 'diverging' | 'oscillating',
  losses: readonly number[],
  learningRate: number,
): string {
  const best = Math.min(...losses);
  const now = losses[losses.length - 1];
  const seen =
    trend === 'diverging'
      ? `The training diverges: its loss was ${formatShort(best)} after epoch ${losses.indexOf(best) + 1} and is ${formatShort(now)} after epoch ${losses.length}.`
      : `The training oscillates: from epoch to epoch its loss goes up and down, between ${formatShort(Math.min(...losses.slice(-WINDOW)))} and ${formatShort(Math.max(...losses.slice(-WINDOW)))} of late.`;
  const rate = trend === 'diverging' ? learningRate / 10 : learningRate / 3;
  return `${seen} The learning rate is ${formatShort(learningRate)}; try ${formatShort(rate)}, a schedule that lowers it, or model.findLearningRate.`;
}
