/**
 * What decides the weights of a run, and on what it runs: enough to run it again, and to say what differs when the weights
 * do. Plain JSON.
 */
export interface RunManifest {
  readonly version: 1;
  /** All options that reach the weights, the model's specification and the data's fingerprints among them. */
  readonly configuration: RunConfiguration;
  /** SHA-256 of `configuration` as canonical JSON: keys sorted, no spaces. */
  readonly configurationHash: string;
  /** Of the training data. */
  readonly dataFingerprint: string;
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

/** See checkpoint/identity.ts: what must be the same when a run resumes. */
export interface RunConfiguration {
  readonly model: unknown;
  readonly fit: Readonly<Record<string, unknown>>;
  readonly data: { readonly rows: number; readonly fingerprint: string };
  readonly validation: { readonly rows: number; readonly fingerprint: string } | null;
}
