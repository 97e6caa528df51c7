import { stripVTControlCharacters, styleText } from 'node:util';
import type { Callback, EpochEnd, EpochMetrics, Progress } from './callbacks.ts';

/** Where the line goes: standard error, or a stand-in. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const BAR_WIDTH = 20;

/**
 * Shows a run to a person. On a terminal, one line that is redrawn, and one that stays for each epoch; elsewhere only the
 * line of each epoch, so that logs are not flooded.
 */
export function progressLine(stream: ProgressStream): Callback {
  const terminal = stream.isTTY === true;
  const clear = '\r\x1b[2K';
  return {
    onProgress(progress) {
      if (!terminal) return;
      const line = formatProgress(progress);
      // A line longer than the terminal would wrap, and the next redraw would leave its beginning behind.
      const width = (stream.columns ?? 80) - 1;
      stream.write(
        clear +
          (stripVTControlCharacters(line).length <= width ? line : stripVTControlCharacters(line).slice(0, width)),
      );
    },
    onEpochEnd(end) {
      stream.write(terminal ? `${clear}${formatEpoch(end, stream.columns ?? 80)}\n` : `${formatEpoch(end)}\n`);
    },
    onTrainEnd() {
      if (terminal) stream.write(clear);
    },
  };
}

/** `epoch 2/10 ━━━━━━━━━━━━        123/512  loss 0.1234  accuracy 0.9765  51,234 samples/s  ETA 12 s`. */
function formatProgress(progress: Progress): string {
  const filled = Math.round((progress.step / progress.steps) * BAR_WIDTH);
  const bar = styleText('cyan', '━'.repeat(filled)) + styleText('dim', '━'.repeat(BAR_WIDTH - filled));
  const step = `${String(progress.step).padStart(String(progress.steps).length)}/${progress.steps}`;
  return [
    `epoch ${progress.epoch}/${progress.epochs} ${bar} ${step}`,
    formatMetrics(progress.metrics),
    formatRate(progress.samplesPerSecond),
    `ETA ${formatSeconds(progress.secondsLeft)}`,
  ].join('  ');
}

function formatEpoch(end: EpochEnd, columns = Infinity): string {
  const epoch = `epoch ${String(end.epoch).padStart(String(end.epochs).length)}/${end.epochs}`;
  const metrics = Object.entries(end.metrics).map((metric) => formatMetrics(Object.fromEntries([metric])));
  const parts = [...metrics, formatRate(end.samplesPerSecond), formatSeconds(end.seconds)];
  return wrapped(epoch, parts, columns);
}

/** Parts behind a beginning, in as many lines as they need: a terminal would break them amid a number. */
function wrapped(beginning: string, parts: readonly string[], columns: number): string {
  const lines = [beginning];
  for (const part of parts) {
    const longer = `${lines[lines.length - 1]}  ${part}`;
    if (longer.length < columns) lines[lines.length - 1] = longer;
    else lines.push(`${' '.repeat(beginning.length)}  ${part}`);
  }
  return lines.join('\n');
}

/** `loss 0.1234  accuracy 0.9765`. */
export function formatMetrics(metrics: EpochMetrics): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name} ${formatMetric(value)}`)
    .join('  ');
}

/** Four digits behind the point; errors may be large, as prices are, or small. 0.00012 → "1.20e-4"; 123456.7 → "123457". */
function formatMetric(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 5e-4)) return value.toExponential(2);
  return value.toFixed(size >= 1e5 ? 0 : 4);
}

function formatRate(samplesPerSecond: number): string {
  return `${Math.round(samplesPerSecond).toLocaleString('en-US')} samples/s`;
}

/** 0.1234 → "0.12 s"; 75 → "1 min 15 s". */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
