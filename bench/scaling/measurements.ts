import { availableCores } from '@lockstep/core';
import { describeMachine } from '../harness/machine.ts';
import { spread } from '../harness/statistics.ts';
import { step } from '../peers/lockstep.ts';
import { measureBandwidth } from './bandwidth.ts';
import type { MeasuredStep } from './costs.ts';
import { measureMeetings, type MeetingCosts } from './meetings.ts';
import { batchesOf, MEASURED, nameOf, type ScalingNetwork } from './networks.ts';
import { lesserParts, measureParts, type StepParts } from './parts.ts';

/** Everything that was measured on a machine; measured.json holds one of these. */
export interface Measurements {
  readonly date: string;
  readonly machine: string;
  readonly cores: number;
  /** Bytes a microsecond that so many cores copy together, beginning with one. */
  readonly bandwidths: readonly number[];
  readonly meetings: MeetingCosts;
  /** Of the networks of MEASURED, in their order, on one thread. */
  readonly parts: readonly StepParts[];
  readonly steps: readonly MeasuredStep[];
}

/** Other programs slow a machine down for a while: what is measured in turns, several times, has a good minimum. */
const ROUNDS = { parts: 3, steps: 7 };
const PART_MS = 250;
const STEP_MS = 250;
const SEED = 7;

type Log = (line: string) => void;

/**
 * Measures this machine. With `older` measurements of the same machine and networks, their minima count too: so a machine that
 * others use as well can be measured in several short runs.
 */
export async function measureMachine(older: Measurements | null, log: Log): Promise<Measurements> {
  const { cpu, cores, node } = describeMachine();
  const machine = `${cores} cores of ${cpu}, Node ${node}`;
  if (older !== null && older.machine !== machine) throw new Error(`expected ${older.machine}, this is ${machine}`);
  log('what threads cost each other');
  const meetings = await measureMeetings();
  const bandwidths: number[] = [];
  for (let threads = 1; threads <= cores; threads++) bandwidths.push(await measureBandwidth(threads));
  const parts = [...(older?.parts ?? [])];
  for (let round = 0; round < ROUNDS.parts; round++) {
    for (const [index, network] of MEASURED.entries()) {
      log(`parts of a step, ${round + 1} of ${ROUNDS.parts}: ${nameOf(network)}`);
      const measured = await measureParts(network, PART_MS);
      parts[index] = index in parts ? lesserParts(parts[index], measured) : measured;
    }
  }
  const steps = (await measureSteps(log)).map((measured, index) => {
    const min = Math.min(measured.min, older?.steps[index].min ?? Infinity);
    return { ...measured, min };
  });
  return { date: new Date().toISOString().slice(0, 10), machine, cores, bandwidths, meetings, parts, steps };
}

async function measureSteps(log: Log): Promise<MeasuredStep[]> {
  const workers = Array.from({ length: availableCores() }, (_, index) => index + 1);
  const times = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS.steps; round++) {
    for (const network of MEASURED) {
      log(`whole steps, ${round + 1} of ${ROUNDS.steps}: ${nameOf(network)}`);
      for (const count of workers) {
        const key = `${nameOf(network)} ${count}`;
        const { microseconds } = await step(requestOf(network, count));
        times.set(key, [...(times.get(key) ?? []), ...microseconds]);
      }
    }
  }
  return MEASURED.flatMap((network) =>
    workers.map((count) => ({ ...network, workers: count, ...spread(times.get(`${nameOf(network)} ${count}`) ?? []) })),
  );
}

function requestOf(network: ScalingNetwork, workers: number): Parameters<typeof step>[0] {
  const training = { ...network, optimizer: 'adam', learningRate: 0.001 } as const;
  return {
    task: 'step',
    ...training,
    batches: batchesOf(network),
    budgetMs: STEP_MS,
    seed: SEED,
    setting: { workers },
  };
}
