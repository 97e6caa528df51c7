import type { BenchOptions } from '../harness/options.ts';
import { interleave, type Point, type Series } from '../harness/interleave.ts';
import type { PeerResult, SettingResult } from '../harness/results.ts';
import { spread } from '../harness/statistics.ts';
import { checkStepAnswer, describeSetting, type StepAnswer } from '../peers/protocol.ts';
import { askPeer, choosePeers, LOCKSTEP, type Peer, settingsOf } from '../peers/registry.ts';
import { chooseCases, type StepCase, stepOperations } from './cases.ts';

export interface StepCaseResult {
  readonly name: string;
  readonly operations: number;
  readonly peers: readonly PeerResult[];
}

/** A process that takes longer is not started again in later rounds. */
const SLOW_MS = 8000;
const SEED = 7;

/** Training steps of every case by every peer in every setting. */
export async function benchSteps(options: BenchOptions): Promise<StepCaseResult[]> {
  const peers = choosePeers(options.peers);
  const results: StepCaseResult[] = [];
  for (const stepCase of chooseCases(options)) {
    options.log(`step: ${stepCase.name}`);
    results.push(await benchCase(stepCase, peers, options));
  }
  return results;
}

async function benchCase(stepCase: StepCase, peers: readonly Peer[], options: BenchOptions): Promise<StepCaseResult> {
  const { rounds, budgetMs, limitMs } = options;
  const { name, ...network } = stepCase;
  const points = peers.flatMap((peer) =>
    settingsOf(peer, options).map((setting): Point<StepAnswer> => ({
      peer: peer.name,
      setting: describeSetting(setting),
      measure: () =>
        askPeer(peer, { task: 'step', ...network, budgetMs, seed: SEED, setting }, limitMs, checkStepAnswer),
    })),
  );
  const cost = ({ microseconds }: StepAnswer): number => spread(microseconds).min;
  const series = await interleave(points, { rounds, cost, slowMs: SLOW_MS });
  return { name, operations: stepOperations(network), peers: comparePeers(peers, series) };
}

/** Puts the settings of each peer together and compares their best ones with Lockstep's best. */
export function comparePeers(
  peers: readonly Pick<Peer, 'name' | 'label'>[],
  series: readonly Series<StepAnswer>[],
): PeerResult[] {
  const withoutRatio = peers.map(({ name, label }) => summarise(name, label, series));
  const ours = withoutRatio.find(({ peer }) => peer === LOCKSTEP);
  return withoutRatio.map((result) => {
    if (result.min === null || result.median === null || ours?.min == null || ours.median === null) {
      return { ...result, ratio: null };
    }
    return { ...result, ratio: { min: result.min / ours.min, median: result.median / ours.median } };
  });
}

function summarise(peer: string, label: string, all: readonly Series<StepAnswer>[]): Omit<PeerResult, 'ratio'> {
  const series = all.filter((one) => one.peer === peer);
  const settings = series.map(summariseSetting);
  const measured = settings.flatMap((one) =>
    one.microseconds === null ? [] : [{ setting: one.setting, ...one.microseconds }],
  );
  const least = (key: 'min' | 'median'): (typeof measured)[number] | undefined =>
    measured.toSorted((a, b) => a[key] - b[key])[0];
  const version = series.find(({ answers }) => answers.length > 0)?.answers[0].version ?? '';
  return {
    peer,
    label,
    version,
    settings,
    best: least('min')?.setting ?? null,
    min: least('min')?.min ?? null,
    median: least('median')?.median ?? null,
  };
}

function summariseSetting({ setting, answers, failure }: Series<StepAnswer>): SettingResult {
  return {
    setting,
    microseconds: answers.length === 0 ? null : spread(answers.flatMap(({ microseconds }) => microseconds)),
    failure,
    rounds: answers.length,
    steps: answers.reduce((sum, { steps }) => sum + steps, 0),
    note: [...new Set(answers.map(({ note }) => note))].filter((note) => note !== '').join('; '),
    peakRss: answers.reduce((most, { peakRss }) => Math.max(most, peakRss), 0),
  };
}
