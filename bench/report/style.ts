/**
 * Colours of charts and of the page. Each scheme brings its own background, so a picture is readable whichever one the
 * page around it has. They are written out for both schemes, because not every viewer of SVG knows CSS variables.
 */
interface Palette {
  readonly back: string;
  readonly frame: string;
  readonly ink: string;
  readonly soft: string;
  readonly grid: string;
  readonly bar: string;
  readonly slower: string;
}

const LIGHT: Palette = {
  back: '#ffffff',
  frame: '#d0d7de',
  ink: '#1f2328',
  soft: '#59636e',
  grid: '#dfe4ea',
  bar: '#2f81f7',
  slower: '#c2500a',
};

const DARK: Palette = {
  back: '#0d1117',
  frame: '#30363d',
  ink: '#e6edf3',
  soft: '#9198a1',
  grid: '#262d36',
  bar: '#4c93f5',
  slower: '#f0883e',
};

const TEXT_STYLE = [
  'text{font:12px system-ui,-apple-system,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif}',
  'text.heading{font-size:16px;font-weight:600}',
  'text.title{font-size:13px;font-weight:600}',
  'text.tick{font-size:10.5px}',
  'text.value{font-variant-numeric:tabular-nums}',
];

const chartColours = ({ back, frame, ink, soft, grid, bar, slower }: Palette): string[] => [
  `text{fill:${ink}}`,
  `text.ours,text.tick,text.note{fill:${soft}}`,
  `text.slower,rect.slower{fill:${slower}}`,
  `rect.bar{fill:${bar}}`,
  `rect.bar.slower{fill:${slower}}`,
  `.dot{fill:${back};stroke:${ink};stroke-width:1.5}`,
  `.grid{stroke:${grid}}`,
  `.one{stroke:${ink}}`,
  `.card{fill:${back};stroke:${frame}}`,
];

const pageColours = ({ back, frame, ink, slower }: Palette): string[] => [
  `body{background:${back};color:${ink}}`,
  `th,td,h2{border-color:${frame}}`,
  `.failure{color:${slower}}`,
];

/** Rules for light pages, and for dark ones where the reader prefers them. */
function inBothSchemes(rules: (palette: Palette) => string[]): string[] {
  return [...rules(LIGHT), `@media(prefers-color-scheme:dark){${rules(DARK).join('')}}`];
}

export const CHART_STYLE: string = [...TEXT_STYLE, ...inBothSchemes(chartColours)].join('\n');
export const PAGE_COLOURS: string = inBothSchemes(pageColours).join('\n');
