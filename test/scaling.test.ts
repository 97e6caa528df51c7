import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/** A module of bench/, whose files belong to another project of the compiler. */
const load = (file: string) => import(new URL(`../bench/scaling/${file}`, import.meta.url).href);

const { runPhase } = await load('phase.ts');
const { simulateStep } = await load('simulate.ts');
const { countStep } = await load('work.ts');
const { fitCosts } = await load('leastSquares.ts');
const { PREDICTED, CORES } = await load('networks.ts');
const { modelScaling } = await load('predict.ts');
const { scalingBlock } = await load('document.ts');
const { drawCurves } = await load('curves.ts');

const text = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const measurements = JSON.parse(text('bench/scaling/measured.json'));
const model = modelScaling(measurements);

const FREE = { claim: 0, bandwidth: Infinity };
const tasks = (count: number, duration: number, bytes = 0) =>
  Array.from({ length: count }, () => ({ duration, bytes }));
const starts = (threads: number) => Array.from({ length: threads }, () => 0);

describe('a phase', () => {
  test('of one thread is the sum of its tasks and claims', () => {
    expect(runPhase([5], tasks(4, 10), { claim: 1, bandwidth: Infinity }).arrivals).toEqual([5 + 4 * 11 + 1]);
  });

  test('gives the next task to whoever is free first', () => {
    const uneven = [9, 2, 3, 4].map((duration) => ({ duration, bytes: 0 }));
    expect(runPhase(starts(2), uneven, FREE).arrivals).toEqual([9, 9]);
  });

  test('leaves threads that come late without tasks when the others have done them', () => {
    expect(runPhase([0, 100], tasks(3, 10), FREE).arrivals).toEqual([30, 100]);
  });

  test('takes one claim after the other', () => {
    expect(runPhase(starts(3), [], { claim: 2, bandwidth: 1 }).arrivals).toEqual([2, 4, 6]);
  });

  test('shares bandwidth fairly: who asks for little gets it', () => {
    // Alone: 10 bytes/µs and 1 byte/µs. Together at most 6: the first gets 5, until the second is done.
    const phase = [
      { duration: 10, bytes: 100 },
      { duration: 10, bytes: 10 },
    ];
    const { arrivals, delayed } = runPhase(starts(2), phase, { claim: 0, bandwidth: 6 });
    expect(arrivals[1]).toBeCloseTo(10, 9);
    expect(arrivals[0]).toBeCloseTo(10 + 50 / 6, 9);
    expect(delayed).toBeCloseTo(arrivals[0] - 10, 9);
  });

  test('of many equal tasks without overhead is nearly ideal', () => {
    for (const threads of [2, 7, 64]) {
      const end = Math.max(...runPhase(starts(threads), tasks(6400, 1), FREE).arrivals);
      expect(end).toBeGreaterThanOrEqual(6400 / threads - 1e-6);
      expect(end).toBeLessThanOrEqual(6400 / threads + 1);
    }
  });
});

describe('a step', () => {
  const machine = (cores: number) => ({ cores, coresPerCache: 64, cacheBytes: Infinity, bandwidth: Infinity });
  const free = { transfer: 0, fetchedByte: 0, wakeCall: 0, wakeLatency: 0, step: 0, finish: 0, finishBlock: 0 };
  const ideal = { ...model.costs, ...free, orderBatch: 0, orderRow: 0 };

  test('of one thread is all of its work', () => {
    for (const network of PREDICTED) {
      const { step, ranges, units, meeting } = simulateStep(countStep(network), 1, machine(1), model.costs);
      expect(step).toBeCloseTo(ranges + units + meeting, 6);
    }
  });

  test('is never faster than its work shared out evenly, and its parts add up', () => {
    for (const { network, steps } of model.predictions) {
      for (const { step, ranges, units, memory, uneven, meeting } of steps) {
        const name = network.sizes.join('-');
        expect(ranges + units + memory + uneven + meeting, name).toBeCloseTo(step, 6);
        expect(step, name).toBeGreaterThanOrEqual(ranges + units);
      }
    }
  });

  test('with more threads is never slower when threads cost nothing', () => {
    for (const network of PREDICTED) {
      const counts = countStep(network);
      const times = CORES.map((cores: number) => simulateStep(counts, cores, machine(cores), ideal).step);
      // Short ranges fill their tiles less: up to 12 rows' time for 8.
      for (let i = 1; i < times.length; i++) expect(times[i]).toBeLessThanOrEqual((times[i - 1] * 12) / 8);
    }
  });

  test('waits for a loader that is slower', () => {
    const counts = countStep(PREDICTED[0]);
    const slow = { ...model.costs, orderBatch: 5000 };
    expect(simulateStep(counts, 2, machine(4), slow).step).toBeGreaterThanOrEqual(5000);
  });
});

test('fitted costs are those that made the times, and never negative', () => {
  const rows = [
    [1, 10],
    [2, 10],
    [3, 40],
  ];
  const exact = fitCosts(
    rows,
    rows.map(([a, b]) => 3 * a + 0.5 * b),
  );
  expect(exact[0]).toBeCloseTo(3, 6);
  expect(exact[1]).toBeCloseTo(0.5, 6);
  expect(Math.min(...fitCosts(rows, [1, 0.1, 5]))).toBeGreaterThanOrEqual(0);
});

test('the simulation agrees with most of what was measured', () => {
  const errors = model.comparisons.map(({ simulated, measured }: { simulated: number; measured: number }) =>
    Math.abs(Math.log(simulated / measured)),
  );
  const near = errors.filter((error: number) => error < Math.log(1.15)).length;
  expect(near / errors.length).toBeGreaterThan(0.75);
});

test('docs/scaling.md and its picture hold what the model says', () => {
  const document = text('docs/scaling.md');
  const block = `<!-- scaling:begin -->\n\n${scalingBlock(measurements, model)}\n\n<!-- scaling:end -->`;
  const advice = 'The plan has changed: run node --conditions=lockstep-source bench/scaling/model.ts';
  expect(document.includes(block), advice).toBe(true);
  const picture = text('docs/scaling/curves.svg');
  const note = /class="note" x="20" y="53">([^<]*)</.exec(picture)?.[1];
  expect(picture === drawCurves(model.predictions, note), advice).toBe(true);
});
