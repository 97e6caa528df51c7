import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { KernelSelection } from '@lockstep/kernels';
import { hashOf } from '../checkpoint/identity.ts';
import type { Dataset } from '../data/dataset.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { Plan } from '../plan/plan.ts';
import { availableCores } from '../runtime/cores.ts';
import type { CheckedFitOptions } from './options.ts';

/**
 * What decides the weights of a run, and on what it runs: enough to run it again, and to say what differs when the weights
 * do. Plain JSON.
 */
export interface RunManifest {
  readonly version: 1;
  readonly configuration: RunConfiguration;
  /** SHA-256 of `configuration` as canonical JSON: keys sorted, no spaces. */
  readonly configurationHash: string;
  /** Of the training data. */
  readonly dataFingerprint: string;
  /** Of the shuffle; that of the first weights is in the model's specification. */
  readonly seed: number;
  /** The kernels that ran, and what of the processor matters for the bits: whether it has fused multiply-add. */
  readonly kernels: {
    readonly kind: string;
    readonly tile: string;
    readonly revectorized: boolean;
    readonly fusedMultiplyAdd: boolean;
  };
  readonly machine: { readonly platform: string; readonly processor: string; readonly cores: number };
  readonly workers: number;
  readonly versions: { readonly lockstep: string; readonly node: string; readonly v8: string };
}

/**
 * All that reaches the weights or the metrics, and so must be the same when a run resumes. Not the number of workers, of
 * epochs or of steps.
 */
export interface RunConfiguration {
  readonly model: ModelSpec;
  readonly fit: Readonly<Record<string, unknown>>;
  readonly data: DataIdentity;
  readonly validation: DataIdentity | null;
}

interface DataIdentity {
  readonly rows: number;
  readonly fingerprint: string;
}

/** `plan`: with the batch size and the number of shards as they came out. */
export function configurationOf(
  spec: ModelSpec,
  dataset: Dataset,
  options: CheckedFitOptions,
  plan: Pick<Plan, 'batchSize' | 'shardCount'>,
): RunConfiguration {
  const { loss, optimizer, metrics, shuffle, seed, accumulateGradBatches, validation } = options;
  const gradientClipNorm = options.gradientClipNorm ?? null;
  const { batchSize, shardCount } = plan;
  return {
    model: spec,
    fit: { loss, optimizer, metrics, batchSize, shards: shardCount, seed, shuffle, accumulateGradBatches, gradientClipNorm },
    data: identityOf(dataset),
    validation: validation === undefined ? null : identityOf(validation),
  };
}

export function manifestOf(
  configuration: RunConfiguration,
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
    workers,
    versions: { lockstep: ownVersion(), node: process.versions.node, v8: process.versions.v8 },
  };
}

function identityOf({ rows, fingerprint }: Dataset): DataIdentity {
  return { rows, fingerprint };
}

function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
