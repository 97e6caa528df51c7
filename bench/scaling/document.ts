import { markdownTable } from '../report/markdownTable.ts';
import { BLOCK_ROWS, blocksOf } from '../harness/internals.ts';
import type { Measurements } from './measurements.ts';
import { CORES, nameOf } from './networks.ts';
import { bendOf, type Prediction, type ScalingModel, sharesOf } from './predict.ts';

const BEGIN = '<!-- scaling:begin -->';
const END = '<!-- scaling:end -->';

/** docs/scaling.md with everything between the two markers written anew. */
export function replaceBlock(document: string, block: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/scaling.md: expected ${BEGIN} and, behind it, ${END}`);
  return `${document.slice(0, begin)}${BEGIN}\n\n${block}\n\n${document.slice(end)}`;
}

/** All numbers of docs/scaling.md. */
export function scalingBlock(measurements: Measurements, model: ScalingModel): string {
  const { predictions } = model;
  return [
    '<!-- Written by bench/scaling/model.ts from bench/scaling/measured.json. Changes by hand are lost. -->',
    '### Predicted speed-up',
    '![Predicted speed-up over one thread by number of cores, for each network; the table below has the numbers](scaling/curves.svg)',
    'How many times as fast as one thread, with a worker on every core.',
    markdownTable(
      ['network', ...CORES.map((cores) => `${cores}`), 'one thread'],
      predictions.map(({ network, speedUps, steps }) => [
        nameOf(network),
        ...speedUps.map((value) => value.toFixed(1)),
        time(steps[0].step),
      ]),
    ),
    'Where each bends: the fewest of these cores of which less than half does useful work, and where the time of the threads goes there.',
    markdownTable(
      ['network', 'cores', 'most there', 'useful', 'fetching', 'memory', 'waiting', 'meeting'],
      predictions.map(bendRow),
    ),
    '### Measured and simulated',
    `${measurements.machine}, ${measurements.date}. Times of the best epoch; the last column also has the median of all epochs as a multiple of the best.`,
    markdownTable(
      ['network', 'workers', 'measured', 'simulated', 'simulated ÷ measured', 'median ÷ best'],
      model.comparisons.map(({ network, workers, measured, median, simulated }) => [
        nameOf(network),
        `${workers}`,
        time(measured),
        time(simulated),
        (simulated / measured).toFixed(2),
        (median / measured).toFixed(2),
      ]),
    ),
    agreement(model),
    '### Costs',
    costTable(model),
    limits(model),
  ].join('\n\n');
}

function bendRow(prediction: Prediction): string[] {
  const bend = bendOf(prediction);
  const most = Math.max(...prediction.speedUps);
  const fastest = CORES[prediction.speedUps.indexOf(most)];
  const shares = sharesOf(prediction, CORES.indexOf(bend ?? CORES[CORES.length - 1]));
  const percent = (share: number): string => `${Math.round(100 * Math.max(0, share))} %`;
  const cells = [shares.useful, shares.fetching, shares.memory, shares.uneven, shares.meeting].map(percent);
  return [nameOf(prediction.network), bend === null ? 'none' : `${bend}`, `${most.toFixed(1)} at ${fastest}`, ...cells];
}

function agreement({ comparisons }: ScalingModel): string {
  const within = (limit: number): number =>
    comparisons.filter(({ simulated, measured }) => Math.abs(Math.log(simulated / measured)) <= Math.log(limit)).length;
  return `${within(1.15)} of ${comparisons.length} steps are within 15 %, ${within(1.3)} within 30 %.`;
}

function costTable({ costs }: ScalingModel): string {
  const duration = (value: number): string =>
    value < 1 ? `${(value * 1e3).toPrecision(3)} ns` : `${value.toPrecision(3)} µs`;
  const rate = (value: number): string => `${(1 / value / 1e3).toFixed(0)} GFLOP/s`;
  return markdownTable(
    ['cost', 'value'],
    [
      ['products with weights, in whole tiles', rate(costs.operation)],
      ['products for gradients of weights', rate(costs.gradientOperation)],
      ['kernel call in a range; in a unit', `${duration(costs.rangeCall)}; ${duration(costs.unitCall)}`],
      ['loss of a row', duration(costs.row)],
      ['update and packing of a parameter', duration(costs.parameter)],
      ['the same, more, when the caches do not hold it', duration(costs.farParameter)],
      ['gathering a row; each kilobyte of it', `${duration(costs.gatherRow)}; ${duration(costs.gatherByte * 1024)}`],
      ['a kilobyte that another core has written', duration(costs.fetchedByte * 1024)],
      ['order and labels of a batch; each row', `${duration(costs.orderBatch)}; ${duration(costs.orderRow)}`],
      [
        `serial, between the phases; each block of ${BLOCK_ROWS} rows`,
        `${duration(costs.finish)}; ${duration(costs.finishBlock)}`,
      ],
      ['what the smallest step costs besides its parts', duration(costs.step)],
      ['a contended word goes to another core', duration(costs.transfer)],
      ['a thread looks before it sleeps', duration(costs.spin)],
      ['waking a thread; until it runs', `${duration(costs.wakeCall)}; ${duration(costs.wakeLatency)}`],
    ],
  );
}

/** What one thread alone can do, whatever the network. */
function limits({ costs }: ScalingModel): string {
  const rows = 2048;
  const serial = costs.finish + blocksOf(rows) * costs.finishBlock;
  const ordered = 1 / costs.orderRow;
  const copied = 1 / (costs.orderRow + costs.gatherRow + 784 * 4 * costs.gatherByte);
  return [
    `Serial between the phases, at batch ${rows}: ${serial.toFixed(2)} µs a step.`,
    `The loader prepares up to ${ordered.toFixed(0)} million rows a second where threads gather the features,`,
    `and ${copied.toFixed(1)} million rows of 784 features where it copies them from memory itself.`,
  ].join(' ');
}

function time(microseconds: number): string {
  return microseconds < 1000 ? `${microseconds.toFixed(0)} µs` : `${(microseconds / 1e3).toFixed(2)} ms`;
}
