import { escape } from '../report/escape.ts';
import { CORES, nameOf } from './networks.ts';
import type { Prediction } from './predict.ts';

const PLOT = { left: 56, top: 76, width: 500, height: 420 };
const WIDTH = 830;
/** The least speed-up that the picture shows: threads may also be slower than one alone. */
const LEAST = 0.5;
const HEIGHT = 556;
const LABEL_STEP = 17;

/** One colour for a network, light and dark; larger batches have longer dashes, and the largest a whole line. */
const COLOURS = [
  ['#8250df', '#ab7df8'],
  ['#0969da', '#58a6ff'],
  ['#1a7f37', '#3fb950'],
  ['#bc4c00', '#f0883e'],
] as const;
const DASHES = ['2 3', '7 4', ''] as const;

/** Lines of predicted speed-ups over cores, both logarithmic, with the ideal as a diagonal. */
export function drawCurves(predictions: readonly Prediction[], note: string): string {
  const networks = Array.from(new Set(predictions.map(({ network }) => network.sizes.join('-'))));
  const ends = spreadLabels(predictions.map(({ speedUps }) => yOf(speedUps[speedUps.length - 1])));
  const lines = predictions.map(({ network, speedUps }, index) => {
    const name = network.sizes.join('-');
    const batches = predictions.filter(({ network: other }) => other.sizes.join('-') === name);
    const rank = batches.findIndex(({ network: other }) => other.batchSize === network.batchSize);
    const dash = DASHES[rank + DASHES.length - batches.length];
    const points = speedUps.map((value, at) => `${xOf(CORES[at]).toFixed(1)},${yOf(value).toFixed(1)}`).join(' ');
    const colour = `c${networks.indexOf(name)}`;
    const end = yOf(speedUps[speedUps.length - 1]);
    const right = PLOT.left + PLOT.width;
    const text = `${nameOf(network)}: ${speedUps[speedUps.length - 1].toFixed(1)} ×`;
    return [
      `<polyline class="line ${colour}" points="${points}"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/>`,
      `<path class="lead" d="M${right + 3} ${end.toFixed(1)}L${right + 15} ${ends[index].toFixed(1)}"/>`,
      `<text class="t${networks.indexOf(name)}" x="${right + 19}" y="${(ends[index] + 4).toFixed(1)}">${escape(text)}</text>`,
    ].join('');
  });
  const ticks = CORES.map((count) => {
    const [x, y] = [xOf(count).toFixed(1), yOf(count).toFixed(1)];
    return [
      `<path class="grid" d="M${x} ${PLOT.top}V${PLOT.top + PLOT.height}M${PLOT.left} ${y}H${PLOT.left + PLOT.width}"/>`,
      `<text class="tick" x="${x}" y="${PLOT.top + PLOT.height + 18}" text-anchor="middle">${count}</text>`,
      `<text class="tick" x="${PLOT.left - 8}" y="${Number(y) + 4}" text-anchor="end">${count} ×</text>`,
    ].join('');
  });
  const last = CORES[CORES.length - 1];
  const description = predictions
    .map(({ network, speedUps }) => `${nameOf(network)}: ${speedUps.map((value) => value.toFixed(1)).join(', ')}`)
    .join('; ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>Predicted speed-up over one thread</title>`,
    `<desc>${escape(`At ${CORES.join(', ')} cores. ${description}.`)}</desc>`,
    `<style>${style()}</style>`,
    `<rect class="card" x=".5" y=".5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="8"/>`,
    `<text class="heading" x="20" y="32">Predicted speed-up over one thread</text>`,
    `<text class="note" x="20" y="53">${escape(note)}</text>`,
    ...ticks,
    `<path class="ideal" d="M${xOf(1)} ${yOf(1)}L${xOf(last)} ${yOf(last)}"/>`,
    `<text class="tick" x="${xOf(24).toFixed(1)}" y="${(yOf(24) - 10).toFixed(1)}" text-anchor="end">ideal</text>`,
    ...lines,
    `<text class="note" x="${PLOT.left + PLOT.width / 2}" y="${HEIGHT - 18}" text-anchor="middle">cores, with a worker on each</text>`,
    '</svg>\n',
  ].join('\n');
}

function xOf(cores: number): number {
  return PLOT.left + (Math.log2(cores) / Math.log2(CORES[CORES.length - 1])) * PLOT.width;
}

function yOf(speedUp: number): number {
  const share = Math.log2(Math.max(LEAST, speedUp) / LEAST) / Math.log2(CORES[CORES.length - 1] / LEAST);
  return PLOT.top + (1 - share) * PLOT.height;
}

/** Moves labels down, from the top one on, until none covers another; then up where they would leave the plot. */
function spreadLabels(wanted: readonly number[]): number[] {
  const order = wanted.map((y, index) => ({ y, index })).toSorted((a, b) => a.y - b.y);
  order.forEach((label, at) => {
    if (at > 0) label.y = Math.max(label.y, order[at - 1].y + LABEL_STEP);
  });
  const bottom = PLOT.top + PLOT.height;
  for (let at = order.length - 1; at >= 0; at--) {
    order[at].y = Math.min(order[at].y, bottom - (order.length - 1 - at) * LABEL_STEP);
  }
  const placed = [...wanted];
  for (const { y, index } of order) placed[index] = y;
  return placed;
}

function style(): string {
  const rules = (dark: boolean): string => {
    const [back, frame, ink, soft, grid] = dark
      ? ['#0d1117', '#30363d', '#e6edf3', '#9198a1', '#262d36']
      : ['#ffffff', '#d0d7de', '#1f2328', '#59636e', '#dfe4ea'];
    return [
      `.card{fill:${back};stroke:${frame}}.heading{fill:${ink}}.note,.tick{fill:${soft}}`,
      `.grid,.lead{stroke:${grid};fill:none}.ideal{stroke:${soft};stroke-dasharray:1 4;fill:none}`,
      ...COLOURS.map((pair, index) => `.c${index}{stroke:${pair[dark ? 1 : 0]}}.t${index}{fill:${pair[dark ? 1 : 0]}}`),
    ].join('');
  };
  const font = 'text{font:12px system-ui,-apple-system,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif}';
  const shapes = '.heading{font-size:16px;font-weight:600}.tick{font-size:11px}.line{fill:none;stroke-width:2}';
  return `${font}${shapes}${rules(false)}@media(prefers-color-scheme:dark){${rules(true)}}`;
}
