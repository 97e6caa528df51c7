import type { BenchResults } from '../results.ts';
import { comparisonsOf } from './comparisons.ts';
import { escape } from './escape.ts';
import { htmlTable } from './htmlTable.ts';
import { PANEL_WIDTH } from './panel.ts';
import {
  accuracySection,
  gemmSection,
  loaderSection,
  memorySection,
  scalingSection,
  startupSection,
  stepSections,
} from './sections.ts';
import { describePicture, drawPanels, legend } from './speedPicture.ts';
import { CHART_STYLE, PAGE_COLOURS } from './style.ts';
import { summaryOf } from './summary.ts';
import { dateOf, machineOf } from './words.ts';

const PAGE_STYLE = [
  'body{margin:0 auto;max-width:66rem;padding:1.5rem;font:16px/1.5 system-ui,sans-serif}',
  'h1{font-size:1.7rem}h2{margin-top:2.5rem;border-bottom:1px solid}',
  'table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}',
  'th,td{padding:.25rem .6rem;border-bottom:1px solid;text-align:right;white-space:nowrap}',
  'th:first-child{text-align:left;font-weight:400}thead th{font-weight:600}',
  '.wide{overflow-x:auto}',
  'svg.chart{max-width:100%;height:auto}',
  'summary{cursor:pointer;margin:.6rem 0}',
].join('\n');

/** Everything that one run has measured, on one page that needs no other file. */
export function reportPage(results: BenchResults): string {
  return [
    '<!doctype html>',
    '<!-- oxfmt-ignore -->',
    '<html lang="en">',
    '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<title>Lockstep: benchmarks</title>',
    `<style>${PAGE_STYLE}\n${PAGE_COLOURS}\n${CHART_STYLE}</style></head>`,
    '<body>',
    '<h1>Lockstep: benchmarks</h1>',
    introduction(results),
    trainings(results),
    summaryTable(results),
    gemmSection(results),
    accuracySection(results),
    scalingSection(results),
    loaderSection(results),
    startupSection(results),
    memorySection(results),
    versions(results),
    '</body>',
    '</html>\n',
  ].join('\n');
}

function introduction(results: BenchResults): string {
  const { command, machine, rounds, seconds } = results;
  const commit = machine.commit === '' ? '' : `, commit ${machine.commit}`;
  const text = `${dateOf(results)}, ${machineOf(results)}, ${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB of memory${commit}; ${machine.kernels}.`;
  const how = `Rounds: ${rounds}, in ${seconds} seconds; mean load of the machine in the minute before: ${machine.load.toFixed(2)}.`;
  return `<p>Measured by <code>${escape(command)}</code> on ${escape(text)} ${escape(how)}</p>`;
}

function trainings(results: BenchResults): string {
  const comparisons = comparisonsOf(results);
  if (comparisons.length === 0) return '';
  const { body, height } = drawPanels(comparisons, 0, 0);
  const width = 2 * PANEL_WIDTH + 28;
  return [
    '<h2>Training, against others</h2>',
    `<p>Time of the peer’s best setting ÷ time of Lockstep’s best. ${escape(legend())}</p>`,
    `<svg class="chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>How many times as fast as others Lockstep trains</title><desc>${escape(describePicture(comparisons))}</desc>`,
    body,
    '</svg>',
    stepSections(results),
  ].join('\n');
}

function summaryTable(results: BenchResults): string {
  const rows = summaryOf(results).map(({ what, best, median }) => [what, best, median]);
  return rows.length === 0 ? '' : `<h2>In short</h2>\n${htmlTable(['what', 'best', 'median'], rows)}`;
}

function versions({ step }: BenchResults): string {
  const rows = (step?.[0]?.peers ?? []).map(({ label, version, settings }) => [
    label,
    version === '' ? `${settings[0]?.failure?.kind}: ${settings[0]?.failure?.reason}` : version,
  ]);
  return rows.length === 0 ? '' : `<h2>Versions</h2>\n${htmlTable(['peer', 'version'], rows)}`;
}
