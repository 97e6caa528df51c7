import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { KernelSelection } from '@lockstep/kernels';
import { hashOf } from '../checkpoint/identity.ts';
import type { Dataset } from '../data/dataset.ts';
import { DEFAULT_WINDOW_BYTES } from '../data/order.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { Plan } from '../plan/plan.ts';
import { availableCores } from '../runtime/cores.ts';
import { canonicalClassWeights } from './classWeights.ts';
import type { DataIdentity, RowsOfRun, RowSummary, RunConfiguration, RunManifest } from './manifest.ts';
import type { CheckedFitOptions } from './fitOptions.ts';

/** What must be the same in a run that goes on. `plan`: with the batch size and the number of shards as they came out. */
export function configurationOf(
  spec: ModelSpec,
  dataset: Dataset,
  options: CheckedFitOptions,
  plan: Pick<Plan, 'batchSize' | 'shardCount'>,
): RunConfiguration {
  const { loss, optimizer, metrics, shuffle, seed, windowBytes, accumulateGradBatches, validation } = options;
  const { gradientClipNorm = null, weightAverage = null } = options;
  const { batchSize, shardCount } = plan;
  return {
    model: spec,
    fit: {
      loss,
      optimizer,
      metrics,
      batchSize,
      shards: shardCount,
      seed,
      shuffle,
      // Runs of before there was a choice have none.
      ...(shuffle && windowBytes !== DEFAULT_WINDOW_BYTES ? { windowBytes } : {}),
      accumulateGradBatches,
      gradientClipNorm,
      weightAverage,
      classWeights: canonicalClassWeights(options.classWeights),
    },
    data: identityOf(dataset),
    validation: validation === undefined ? null : identityOf(validation),
  };
}

export function manifestOf(
  configuration: RunConfiguration,
  rows: RowsOfRun,
  options: CheckedFitOptions,
  kernels: KernelSelection,
  workers: number,
): RunManifest {
  const { kind, tile, revectorized, fusedMultiplyAdd } = kernels;
  return {
    version: 1,
    configuration,
    configurationHash: hashOf(configuration),
    dataFingerprint: configuration.data.fingerprint,
    seed: options.seed,
    kernels: { kind, tile, revectorized, fusedMultiplyAdd },
    machine: {
      platform: `${process.platform}-${process.arch}`,
      processor: cpus()[0]?.model ?? 'unknown',
      cores: availableCores(),
    },
    ...{ workers, rows },
    versions: { lockstep: ownVersion(), node: process.versions.node, v8: process.versions.v8 },
  };
}

export function rowsOfRun(dataset: Dataset, validation: Dataset | undefined): RowsOfRun {
  const of = ({ rows, rowCounts }: Dataset): RowSummary => ({ inDataset: rows, counts: rowCounts ?? null });
  return { train: of(dataset), validation: validation === undefined ? null : of(validation) };
}

function identityOf({ rows, fingerprint }: Dataset): DataIdentity {
  return { rows, fingerprint };
}

function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
