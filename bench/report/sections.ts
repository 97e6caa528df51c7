import { outcomeOf } from '../accuracy/print.ts';
import { meanCells, ratioCell, ratioInStep, SHAPE_HEADER, shapeCells } from '../gemm/cells.ts';
import { duration, times } from '../harness/table.ts';
import {
  CASE_HEADER,
  caseCells,
  loaderFailures,
  TARGET_HEADER,
  targetCells,
  TRAINING_HEADER,
  trainingCells,
} from '../loader/print.ts';
import { allocationCells, mebibytes } from '../memory/print.ts';
import type { BenchResults } from '../results.ts';
import { drawBars } from './bars.ts';
import { htmlTable } from './htmlTable.ts';
import { escape } from './escape.ts';

/** The parts of the page, each as HTML; parts that were not run are left out. */

export function gemmSection({ gemm }: BenchResults): string {
  if (gemm === null) return '';
  const { failure, means, openblas, peak, shapes } = gemm;
  const bars = shapes.flatMap((shape) => {
    const inStep = ratioInStep(shape);
    if (inStep === null) return [];
    const slower = inStep.best < 1;
    return [{ label: shape.name, value: inStep.best, mark: inStep.paired, text: ratioCell(inStep), slower }];
  });
  const title = 'Speed of products ÷ speed of OpenBLAS, one thread, as in a training step';
  const rows = shapes.map(shapeCells);
  if (means !== null) rows.push(meanCells(means));
  const library = openblas === null ? '' : ` ${openblas.config.trim()}, kernels for ${openblas.core}.`;
  return [
    '<h2>Products of matrices</h2>',
    `<p>${title}: beyond the line at 1, Lockstep is faster; in orange, it is slower. Best calls, and as dots the medians of neighbouring calls’ ratios.${escape(library)} A bare loop of fused multiply-adds reaches ${peak.toFixed(1)} GFLOP/s.</p>`,
    failure === null ? '' : `<p class="failure">OpenBLAS ${escape(`${failure.kind}: ${failure.reason}`)}</p>`,
    bars.length === 0 ? '' : drawBars(bars, { title, labelWidth: 170, limit: { at: 1, text: 'OpenBLAS' } }),
    '<p>GFLOP/s, best (median). packed: B was packed beforehand, as a step finds its weights; whole: packing B is part of the product, as for weight gradients.</p>',
    htmlTable(SHAPE_HEADER, rows),
  ].join('\n');
}

export function stepSections({ step }: BenchResults): string {
  const cases = (step ?? []).map(({ name, peers }) => {
    const rows = peers.flatMap(({ label, settings, best, ratio }) =>
      settings.map((setting) => {
        const title = [label, setting.setting, setting.note].filter((text) => text !== '').join(', ');
        if (setting.microseconds === null) {
          return [title, `${setting.failure?.kind}: ${setting.failure?.reason}`, '', '0', '0', '', ''];
        }
        const isBest = setting.setting === best && ratio !== null;
        const ratios = isBest ? [times(ratio.min), times(ratio.median)] : ['', ''];
        const { min, median } = setting.microseconds;
        return [title, duration(min), duration(median), `${setting.rounds}`, `${setting.steps}`, ...ratios];
      }),
    );
    const header = ['peer and setting', 'min', 'median', 'rounds', 'steps', '÷ Lockstep, minima', 'medians'];
    return `<details><summary>${escape(name)}: every setting</summary>${htmlTable(header, rows)}</details>`;
  });
  return cases.join('\n');
}

export function accuracySection({ accuracy }: BenchResults): string {
  if (accuracy === null) return '';
  const { failure, limitSeconds, name, settings, testRows, trainRows } = accuracy;
  const heading = '<h2>Time to accuracy</h2>';
  if (failure !== null) return `${heading}<p class="failure">${escape(`${failure.kind}: ${failure.reason}`)}</p>`;
  const seconds = (value: number | undefined): string => (value === undefined ? '–' : duration(value * 1e6));
  const rows = settings.map((one) => [
    [one.label, one.setting].filter((text) => text !== '').join(', '),
    ...[one.seconds?.min, one.seconds?.median, one.wallSeconds?.min].map(seconds),
    `${one.epochs}`,
    outcomeOf(one, limitSeconds),
    one.failure === null ? '' : one.failure.reason,
  ]);
  const header = ['peer and setting', 'training, min', 'median', 'whole process, min', 'epochs', 'accuracy', ''];
  const text = `${name}: until 95 % of ${testRows} test images are right, ${trainRows} images to train on. Evaluation is not part of the training time. Every peer starts from its own initial weights and shuffles by itself, so epochs differ.`;
  return [heading, `<p>${escape(text)}</p>`, htmlTable(header, rows)].join('\n');
}

export function startupSection({ startup }: BenchResults): string {
  if (startup === null) return '';
  const chart = (title: string, rows: typeof startup.imports): string => {
    const bars = rows.flatMap(({ name, milliseconds }) => {
      if (milliseconds === null) return [];
      const text = `${duration(milliseconds.min * 1e3)} (${duration(milliseconds.median * 1e3)})`;
      return [{ label: name, value: milliseconds.min, mark: milliseconds.median, text, slower: false }];
    });
    const failures = rows.flatMap(({ name, failure }) =>
      failure === null ? [] : [`<p class="failure">${escape(`${name}: ${failure.kind}: ${failure.reason}`)}</p>`],
    );
    const drawn = bars.length === 0 ? '' : drawBars(bars, { title, labelWidth: 350, limit: null });
    return [`<h3>${escape(title)}</h3>`, drawn, ...failures].join('\n');
  };
  return [
    '<h2>Start</h2>',
    '<p>Best of several processes; in brackets and as dots the medians.</p>',
    chart('From the start of the process to the end of the first training step, digits example', startup.firstStep),
    chart('Importing a package in a process that has started', startup.imports),
  ].join('\n');
}

export function memorySection({ memory }: BenchResults): string {
  if (memory === null) return '';
  const { allocations, cases } = memory;
  const rows = (cases[0]?.rows ?? []).map(({ label }, index) => [
    label,
    ...cases.map((one) => {
      const { peakRss, failure } = one.rows[index];
      return peakRss === null ? (failure?.kind ?? 'failed') : mebibytes(peakRss);
    }),
  ]);
  rows.push(['(the data itself)', ...cases.map(({ dataBytes }) => mebibytes(dataBytes))]);
  const cells = allocations.map((row) => [row.name, `${row.workers}`, ...allocationCells(row)]);
  return [
    '<h2>Memory</h2>',
    '<p>Largest resident set of a process, with the setting that needs least.</p>',
    htmlTable(['peer', ...cases.map(({ name }) => name)], rows),
    '<p>Bytes that Lockstep allocates in a step after warm-up, for each thread.</p>',
    htmlTable(['case', 'workers', 'caller’s thread', 'worker and loader threads'], cells),
  ].join('\n');
}

export function scalingSection({ scaling }: BenchResults): string {
  if (scaling === null) return '';
  const parts = scaling.map(({ kind, name, rows }) => {
    const title = `${kind === 'strong' ? 'Strong' : 'Weak'} scaling, ${name}`;
    const bars = rows.flatMap(({ workers, speedUp }) => {
      if (speedUp === null) return [];
      const text = `${times(speedUp.min)} (${times(speedUp.median)})`;
      return [{ label: `${workers} workers`, value: speedUp.min, mark: speedUp.median, text, slower: false }];
    });
    const most = rows.at(-1)?.workers ?? 1;
    const cells = rows.map((row) => {
      if (row.microseconds === null)
        return [`${row.workers}`, `${row.failure?.kind}: ${row.failure?.reason}`, '', '', '', ''];
      const { min, median } = row.microseconds;
      const rates = [row.gflops.toFixed(1), row.peak.toFixed(1), row.toPeak.toFixed(2)];
      return [`${row.workers}`, duration(min), duration(median), ...rates];
    });
    const limit = { at: most, text: `${most} × would be perfect` };
    return [
      `<h3>${escape(title)}</h3>`,
      bars.length === 0 ? '' : drawBars(bars, { title, labelWidth: 110, limit }),
      htmlTable(['workers', 'step, min', 'median', 'GFLOP/s', 'peak of as many threads', '÷ peak'], cells),
    ].join('\n');
  });
  return ['<h2>Scaling</h2>', '<p>Speed-up over one worker, best runs; dots: medians.</p>', ...parts].join('\n');
}

export function loaderSection({ loader }: BenchResults): string {
  if (loader === null) return '';
  const { cases, targets, training } = loader;
  return [
    '<h2>Data</h2>',
    '<p>From files in the page cache to batches of 256 rows that a step could begin with. A ratio compares the best settings of both.</p>',
    htmlTable(TARGET_HEADER, targets.map(targetCells)),
    ...cases.map(({ name, rows }) => {
      const table = htmlTable(CASE_HEADER, rows.map(caseCells));
      return `<details><summary>${escape(name)}: every setting</summary>${table}</details>`;
    }),
    training === null
      ? ''
      : `<details><summary>Training, ${escape(training.name)}</summary>${htmlTable(TRAINING_HEADER, trainingCells(training))}</details>`,
    ...loaderFailures(loader).map((text) => `<p class="failure">${escape(text)}</p>`),
  ].join('\n');
}
