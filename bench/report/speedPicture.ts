import type { BenchResults } from '../results.ts';
import { type Comparison, comparisonsOf } from './comparisons.ts';
import { escape } from './escape.ts';
import { axisOf, drawPanel, PANEL_WIDTH, panelHeight } from './panel.ts';
import { CHART_STYLE } from './style.ts';
import { dateOf, describeRatio, machineOf } from './words.ts';

const MARGIN = 20;
const GAP = 28;
const HEAD = 56;
const COLUMNS = 2;

/** The picture of the README: how many times as fast as every peer, one panel for each training. */
export function speedPicture(results: BenchResults): string {
  const comparisons = comparisonsOf(results);
  const { body, height } = drawPanels(comparisons, MARGIN, MARGIN + HEAD);
  const width = 2 * MARGIN + COLUMNS * PANEL_WIDTH + (COLUMNS - 1) * GAP;
  const total = MARGIN + HEAD + height + 30;
  const line = (y: number, name: string, text: string): string =>
    `<text class="${name}" x="${MARGIN}" y="${y}">${escape(text)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}" role="img">`,
    `<title>How many times as fast as others Lockstep trains</title>`,
    `<desc>${escape(describePicture(comparisons))}</desc>`,
    `<style>${CHART_STYLE}</style>`,
    `<rect class="card" x=".5" y=".5" width="${width - 1}" height="${total - 1}" rx="8"/>`,
    line(MARGIN + 18, 'heading', 'How many times as fast as others Lockstep trains'),
    line(MARGIN + 38, 'note', `Time of the peer’s best setting ÷ time of Lockstep’s. ${legend()}`),
    body,
    line(total - 16, 'note', `${dateOf(results)} · ${machineOf(results)}`),
    '</svg>\n',
  ].join('\n');
}

export function legend(): string {
  return 'Bars: best runs, dots: medians. Left of 1 ×, in orange, the peer is faster. Logarithmic.';
}

/** Panels in two columns, each row as high as its highest. */
export function drawPanels(
  comparisons: readonly Comparison[],
  left: number,
  top: number,
): { body: string; height: number } {
  const axis = axisOf(comparisons);
  const parts: string[] = [];
  let height = 0;
  for (let first = 0; first < comparisons.length; first += COLUMNS) {
    const row = comparisons.slice(first, first + COLUMNS);
    row.forEach((comparison, column) => {
      parts.push(drawPanel(comparison, axis, left + column * (PANEL_WIDTH + GAP), top + height));
    });
    height += Math.max(...row.map(panelHeight)) + 14;
  }
  return { body: parts.join('\n'), height };
}

/** The same for those who hear it. */
export function describePicture(comparisons: readonly Comparison[]): string {
  return comparisons
    .map(({ title, ours, peers }) => {
      const others = peers.map(({ label, ratio, note }) => `${label} ${describeRatio(ratio, note)}`);
      return `${title}: Lockstep ${ours ?? 'failed'}; ${others.join('; ')}.`;
    })
    .join(' ');
}
