import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Failure } from '../harness/child.ts';
import { interleave, type Point, type Series } from '../harness/interleave.ts';
import type { BenchOptions } from '../harness/options.ts';
import { type Spread, spread } from '../harness/statistics.ts';
import { type AccuracyAnswer, checkAccuracyAnswer, describeSetting, type Network } from '../peers/protocol.ts';
import { askPeer, choosePeers, settingsOf } from '../peers/registry.ts';
import { mnistFolder, prepareMnist } from './mnist.ts';

const NETWORK: Network = { sizes: [784, 128, 10], batchSize: 64, optimizer: 'adam', learningRate: 0.001 };
export const TARGET = 0.95;
const EPOCHS = 30;
const SEED = 42;

export interface AccuracySetting {
  readonly label: string;
  readonly setting: string;
  readonly note: string;
  /** Training time until the target was reached; null when it was not. */
  readonly seconds: Spread | null;
  /** Of the whole process: start, import, reading data and evaluation too. */
  readonly wallSeconds: Spread | null;
  readonly epochs: number;
  /** Best test accuracy of its runs. */
  readonly accuracy: number;
  readonly failure: Failure | null;
}

export interface AccuracyResult {
  readonly name: string;
  readonly trainRows: number;
  readonly testRows: number;
  /** Training time after which a peer gives up. */
  readonly limitSeconds: number;
  readonly settings: readonly AccuracySetting[];
  readonly failure: Failure | null;
}

/** Time until MNIST's test digits are read right in 95 of 100 cases, by each peer. */
export async function benchAccuracy(options: BenchOptions): Promise<AccuracyResult> {
  options.log('accuracy');
  const target = mkdtempSync(join(tmpdir(), 'lockstep-mnist-'));
  const limitMs = options.quick ? 2000 : options.limitMs / 2;
  const limitSeconds = limitMs / 1e3;
  const name = `${NETWORK.sizes.join('-')}, batch ${NETWORK.batchSize}, Adam, MNIST-7k`;
  try {
    const source = mnistFolder(options.data);
    const rows = prepareMnist(source, target);
    if (rows === null) {
      const reason = `${source} does not hold MNIST's four IDX files; name their folder with --data`;
      return { name, trainRows: 0, testRows: 0, limitSeconds, settings: [], failure: { kind: 'absent', reason } };
    }
    const request = { ...NETWORK, ...rows, task: 'accuracy' as const, folder: target, target: TARGET, seed: SEED };
    const limits = { epochs: EPOCHS, limitMs };
    const points = choosePeers(options.peers).flatMap((peer) =>
      settingsOf(peer, options).map((setting): Point<AccuracyAnswer> & { label: string } => ({
        peer: peer.name,
        label: peer.label,
        setting: describeSetting(setting),
        measure: () => askPeer(peer, { ...request, ...limits, setting }, options.limitMs, checkAccuracyAnswer),
      })),
    );
    const cost = ({ seconds }: AccuracyAnswer): number => seconds;
    const series = await interleave(points, { rounds: options.rounds, cost, slowMs: 6000 });
    const settings = series.map((one, index) => summarise(one, points[index].label));
    return { name, ...rows, limitSeconds, settings, failure: null };
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

function summarise({ setting, answers, failure, wallMs }: Series<AccuracyAnswer>, label: string): AccuracySetting {
  const reached = answers.length > 0 && answers.every(({ accuracy }) => accuracy >= TARGET);
  return {
    label,
    setting,
    note: answers[0]?.note ?? '',
    seconds: reached ? spread(answers.map(({ seconds }) => seconds)) : null,
    wallSeconds: reached ? spread(wallMs.map((ms) => ms / 1e3)) : null,
    epochs: Math.max(0, ...answers.map(({ epochs }) => epochs)),
    accuracy: Math.max(0, ...answers.map(({ accuracy }) => accuracy)),
    failure,
  };
}

/** The setting of each label that reached the target first, by minima; the first one of a label that never did. */
export function bestByLabel(settings: readonly AccuracySetting[]): AccuracySetting[] {
  const time = ({ seconds }: AccuracySetting): number => seconds?.min ?? Infinity;
  const labels = [...new Set(settings.map(({ label }) => label))];
  return labels.map((label) =>
    settings.filter((setting) => setting.label === label).reduce((best, one) => (time(one) < time(best) ? one : best)),
  );
}
