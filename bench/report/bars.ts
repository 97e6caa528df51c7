import { escape } from './escape.ts';

/** A bar from 0. `mark`: a dot, for the median. `slower`: Lockstep loses here. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly mark: number | null;
  readonly text: string;
  readonly slower: boolean;
}

const ROW_HEIGHT = 21;

/** Horizontal bars on a linear axis from 0, with a line at `limit` when there is one: for values of one kind. */
export function drawBars(
  bars: readonly Bar[],
  options: { title: string; labelWidth: number; limit: { at: number; text: string } | null },
): string {
  const { title, labelWidth, limit } = options;
  const [plot, right] = [420, 150];
  const width = labelWidth + plot + right;
  const bottom = bars.length * ROW_HEIGHT;
  const height = bottom + 20;
  const most = Math.max(limit?.at ?? 0, ...bars.map(({ value, mark }) => Math.max(value, mark ?? 0)));
  const x = (value: number): string => (labelWidth + (value / most) * plot).toFixed(1);
  const rows = bars.map(({ label, value, mark, text, slower }, row) => {
    const middle = row * ROW_HEIGHT + ROW_HEIGHT / 2;
    const length = Math.max(1.5, (value / most) * plot).toFixed(1);
    const dot = mark === null ? '' : `<circle class="dot" cx="${x(mark)}" cy="${middle}" r="3"/>`;
    return [
      `<text class="label" x="${labelWidth - 8}" y="${middle + 4}" text-anchor="end">${escape(label)}</text>`,
      `<rect class="${slower ? 'bar slower' : 'bar'}" x="${labelWidth}" y="${middle - 6.5}" width="${length}" height="13"/>${dot}`,
      `<text class="value" x="${labelWidth + plot + 10}" y="${middle + 4}">${escape(text)}</text>`,
    ].join('');
  });
  const line =
    limit === null
      ? ''
      : `<path class="one" d="M${x(limit.at)} 0V${bottom + 3}"/><text class="tick" x="${x(limit.at)}" y="${bottom + 15}" text-anchor="middle">${escape(limit.text)}</text>`;
  const description = bars.map(({ label, text }) => `${label}: ${text}`).join('; ');
  return [
    `<svg class="chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escape(title)}</title><desc>${escape(description)}</desc>`,
    line,
    ...rows,
    '</svg>',
  ].join('\n');
}
