import type { RowCounts } from '../data/dataset.ts';
import type { ModelSpec } from '../model/spec.ts';

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
  /** How many rows of the data are in the datasets. Runs of earlier versions have none of it. */
  readonly rows?: RowsOfRun;
  readonly versions: { readonly lockstep: string; readonly node: string; readonly v8: string };
}

export interface RowsOfRun {
  readonly train: RowSummary;
  readonly validation: RowSummary | null;
}

export interface RowSummary {
  readonly inDataset: number;
  /** Of all rows that the data have; null where the dataset does not say. */
  readonly counts: RowCounts | null;
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

export interface DataIdentity {
  readonly rows: number;
  readonly fingerprint: string;
}
