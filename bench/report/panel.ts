import { times } from '../harness/table.ts';
import type { Comparison } from './comparisons.ts';
import { escape } from './escape.ts';

/** Sizes in pixels. */
export const PANEL_WIDTH = 440;
const LABEL_WIDTH = 138;
const VALUE_WIDTH = 132;
/** The part of it that ends with the ratio; the time stands behind. */
const RATIO_WIDTH = 66;
const ROW_HEIGHT = 21;
const HEAD_HEIGHT = 46;
const FOOT_HEIGHT = 24;

/** Ratios from the left edge to the right one, on a logarithmic axis: the same in all panels, so that they compare. */
export interface Axis {
  readonly low: number;
  readonly high: number;
}

/** Whole powers of ten around everything that is shown, and room on the side where peers are faster. */
export function axisOf(comparisons: readonly Comparison[]): Axis {
  const ratios = comparisons.flatMap(({ peers }) =>
    peers.flatMap(({ ratio }) => (ratio ? [ratio.min, ratio.median] : [])),
  );
  const high = 10 ** Math.ceil(Math.log10(Math.max(10, ...ratios)));
  const least = Math.min(1, ...ratios);
  return { low: least < 0.45 ? 10 ** Math.floor(Math.log10(least)) : 0.45, high };
}

export function panelHeight({ peers }: Comparison): number {
  return HEAD_HEIGHT + peers.length * ROW_HEIGHT + FOOT_HEIGHT;
}

/**
 * Bars from the line at 1, which is Lockstep: to the right where it is faster, to the left, in another colour, where it
 * is slower. A bar ends at the ratio of minima, a dot marks that of medians.
 */
export function drawPanel(comparison: Comparison, axis: Axis, left: number, top: number): string {
  const plotLeft = left + LABEL_WIDTH;
  const plotWidth = PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const span = Math.log(axis.high / axis.low);
  const x = (ratio: number): number => plotLeft + (Math.log(ratio / axis.low) / span) * plotWidth;
  const rowsTop = top + HEAD_HEIGHT;
  const rowsBottom = rowsTop + comparison.peers.length * ROW_HEIGHT;
  const ours = comparison.ours === null ? 'Lockstep failed' : `Lockstep ${comparison.ours}`;
  const parts = [
    text(left, top + 16, 'title', comparison.title),
    text(left, top + 34, 'ours', comparison.title.startsWith('Training') ? ours : `${ours} a step`),
  ];
  for (let tick = 1; tick <= axis.high; tick *= 10) {
    const place = x(tick).toFixed(1);
    parts.push(`<path class="${tick === 1 ? 'one' : 'grid'}" d="M${place} ${rowsTop - 2}V${rowsBottom + 3}"/>`);
    parts.push(text(x(tick), rowsBottom + 15, 'tick', tick === 1 ? '1 ×' : tick.toLocaleString('en-US'), 'middle'));
  }
  comparison.peers.forEach(({ label, ratio, note }, row) => {
    const middle = rowsTop + row * ROW_HEIGHT + ROW_HEIGHT / 2;
    parts.push(text(plotLeft - 8, middle + 4, 'label', label, 'end'));
    if (ratio !== null) {
      const name = ratio.min < 1 ? 'value slower' : 'value';
      parts.push(text(plotLeft + plotWidth + RATIO_WIDTH, middle + 4, name, times(ratio.min), 'end'));
    }
    const noteLeft = plotLeft + plotWidth + (ratio === null ? 10 : RATIO_WIDTH + 12);
    parts.push(text(noteLeft, middle + 4, 'value note', note));
    if (ratio === null) return;
    const [from, to] = [x(Math.min(1, ratio.min)), x(Math.max(1, ratio.min))];
    const colour = ratio.min < 1 ? 'bar slower' : 'bar';
    const width = Math.max(1.5, to - from).toFixed(1);
    parts.push(`<rect class="${colour}" x="${from.toFixed(1)}" y="${middle - 6.5}" width="${width}" height="13"/>`);
    parts.push(`<circle class="dot" cx="${x(ratio.median).toFixed(1)}" cy="${middle}" r="3"/>`);
  });
  return parts.join('\n');
}

function text(x: number, y: number, name: string, content: string, anchor = 'start'): string {
  const at = `x="${x.toFixed(1)}" y="${y.toFixed(1)}"`;
  return `<text class="${name}" ${at} text-anchor="${anchor}" xml:space="preserve">${escape(content)}</text>`;
}
